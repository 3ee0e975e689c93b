using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Binaries.Symbols;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.MachO.Swift;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Binaries;

/// <summary>Swift's metadata as the Forge writes it, with a change of each kind planted.</summary>
public sealed class SwiftComparisonTests
{
    private static readonly ForgeSwiftType Plain =
        new("struct", "Plain") { Members = [Var("x", "Si"), Let("y", "SS")] };
    private static readonly ForgeSwiftType Choice =
        new("enum", "Choice") { Members = [Case("some", "Si"), Case("none"), Case("other")] };
    private static readonly ForgeSwiftType Base = new("class", "Base") { Methods = [0x10, 0x11, 0x02] };
    private static readonly ForgeSwiftType Other = new("class", "Other");
    private static readonly ForgeSwiftType Derived =
        new("class", "Derived") { Superclass = "Base", Members = [Var("plain", "@Plain")] };
    private static readonly ForgeSwiftProtocol Drawable = new("Drawable", [0x11, 0x12], "Canvas");

    public static TheoryData<string> Arches => new("arm64", "arm64e", "x86_64", "arm64_32");

    [Theory]
    [MemberData(nameof(Arches))]
    public void Reads_what_the_forge_wrote(string arch)
    {
        var metadata = Formats.MachO.Swift.SwiftMetadata.Open(Image(Module(Plain, Choice, Base, Derived) with
        {
            Protocols = [Drawable],
            Conformances = [("Plain", "Drawable")],
        }, arch));
        Assert.Equal(["M.Plain", "M.Choice", "M.Base", "M.Derived"], metadata.ReadTypes().Select(type => type.Name));
        Assert.Equal([null, null, null, "M.Base"], metadata.ReadTypes().Select(type => type.Superclass));
        Assert.Equal(["method", "init", "static getter"], metadata.ReadTypes().ElementAt(2).Methods!
            .Select(method => method.Kind));
        Assert.Equal(["method", "init"], metadata.ReadProtocols().Single().Requirements
            .Select(requirement => requirement.Kind));
        Assert.Equal(("M.Plain", "M.Drawable"),
            (metadata.ReadConformances().Single().Type, metadata.ReadConformances().Single().Protocol));
    }

    [Fact]
    public void Fields_are_told_as_added_removed_retyped_and_reordered()
    {
        var change = Changed(Plain, Plain with { Members = [Let("y", "SS"), Var("x", "Sd"), Var("z", "Sf")] });
        Assert.Equal(("struct", "M.Plain"), (change.Kind, change.Name));
        Assert.Equal([new SwiftMember("z", "Swift.Float", true, null)], change.Fields!.Added);
        Assert.Empty(change.Fields.Removed);
        var x = Assert.Single(change.Fields.Changed);
        Assert.Equal(("x", "Swift.Int", "Swift.Double"), (x.Name, x.Old.Type, x.New.Type));
        Assert.Equal(["x", "y"], change.Fields.Order!.Old);
        Assert.Equal(["y", "x"], change.Fields.Order.New);
        Assert.Equal([new SwiftMember("y", "Swift.String", false, null)],
            Changed(Plain, Plain with { Members = [Var("x", "Si")] }).Fields!.Removed);
        Assert.Equal([false, true],
            Changed(Plain, Plain with { Members = [Var("x", "Si"), Var("y", "SS")] }).Fields!.Changed
            .SelectMany(one => new[] { one.Old.IsVar!.Value, one.New.IsVar!.Value }));
        Assert.Null(Changed(Plain, Plain with { Members = [Var("z", "Sf"), Var("x", "Si"), Let("y", "SS")] }).Fields!
            .Order);
    }

    [Fact]
    public void Cases_are_told_with_their_payloads()
    {
        var change = Changed(
            Choice, Choice with { Members = [Case("some", "SS"), Case("late", "Si"), Case("other"), Case("none")] });
        Assert.Null(change.Fields);
        Assert.Equal([new SwiftMember("late", "Swift.Int", null, null)], change.Cases!.Added);
        Assert.Equal(["some"], change.Cases.Changed.Select(one => one.Name));
        Assert.Equal(["some", "other", "none"], change.Cases.Order!.New);
        var indirect = Changed(
            Choice, Choice with
            {
                Members =
            [Case("some", "Si") with { IsIndirect = true }, Case("none"), Case("other")]
            });
        Assert.True(Assert.Single(indirect.Cases!.Changed).New.Indirect);

        // A case that gained a payload stands before those without one; that is no other order.
        var paid = Changed(Choice, Choice with { Members = [Case("some", "Si"), Case("other", "Si"), Case("none")] });
        Assert.Equal(["other"], paid.Cases!.Changed.Select(one => one.Name));
        Assert.Null(paid.Cases.Order);
    }

    [Fact]
    public void Superclass_methods_and_requirements_are_told()
    {
        var derived = Assert.Single(
            Compare(Module(Base, Other, Plain, Derived),
            Module(Base, Other, Plain, Derived with { Superclass = "Other" }))!.Changed);
        Assert.Equal(new SwiftSuperclassChange("M.Base", "M.Other"), derived.Superclass);
        var methods = Changed(Base, Base with { Methods = [0x10, 0x50, 0x11] }).Methods!;
        Assert.Equal(["async method"], methods.Added);
        Assert.Equal(["static getter"], methods.Removed);
        var protocol = Assert.Single(Compare(
            Module() with { Protocols = [Drawable] },
                Module() with
                {
                    Protocols =
                [new ForgeSwiftProtocol("Drawable", [0x11, 0x12, 0x13], "Style")]
                })!.Changed);
        Assert.Equal(("protocol", "M.Drawable", new SwiftCountChange(2, 3)),
            (protocol.Kind, protocol.Name, protocol.RequirementCount));
        Assert.Equal(["getter"], protocol.Requirements!.Added);
        Assert.Equal(["Style"], protocol.AssociatedTypes!.Added);
        Assert.Equal(["Canvas"], protocol.AssociatedTypes.Removed);
    }

    [Fact]
    public void Accessors_of_a_property_come_with_it()
    {
        var change = Changed(
            Base, Base with { Members = [Var("x", "Si")], Methods = [0x10, 0x11, 0x02, 0x12, 0x13, 0x14] });
        Assert.Equal(["x"], change.Fields!.Added.Select(field => field.Name));
        Assert.Null(change.Methods);
    }

    [Fact]
    public void Types_and_conformances_come_and_go()
    {
        var old = Module(Plain, Choice) with { Protocols = [Drawable], Conformances = [("Plain", "Drawable")] };
        var @new = Module(Plain, Derived with { Superclass = null }) with { Protocols = [Drawable], Conformances = [] };
        var changes = Compare(old, @new)!;
        Assert.Equal(["class M.Derived"], changes.Added.Select(entity => $"{entity.Kind} {entity.Name}"));
        Assert.Equal(["enum M.Choice"], changes.Removed.Select(entity => $"{entity.Kind} {entity.Name}"));
        Assert.Equal([new SwiftConformanceUse("M.Plain", "M.Drawable", null)], changes.ConformancesRemoved);
        Assert.Empty(changes.Changed);
        var back = Compare(@new, old)!;
        Assert.Equal(changes.Added.Select(entity => entity.Name), back.Removed.Select(entity => entity.Name));
        Assert.Equal(changes.ConformancesRemoved, back.ConformancesAdded);
        Assert.Equal("class", Compare(Module(Plain), Module(Plain with { Kind = "class" }))!.Changed.Single().Kind);
    }

    [Fact]
    public void A_type_of_the_same_shape_elsewhere_is_moved_and_its_conformances_with_it()
    {
        var node = new ForgeSwiftType("struct", "Node") { Members = [Var("next", "@Node"), Var("value", "Si")] };
        var nested = new ForgeSwiftType(
            "struct", "Plain.Node")
        { Members = [Var("next", "@Plain.Node"), Var("value", "Si")] };
        var changes = Compare(
            Module(Plain, node) with { Protocols = [Drawable], Conformances = [("Node", "Drawable")] },
            Module(Plain, nested) with { Protocols = [Drawable], Conformances = [("Plain.Node", "Drawable")] })!;
        Assert.Equal([new SwiftMove("struct", "M.Node", "M.Plain.Node")], changes.Moved);
        Assert.Empty(changes.Added.Concat(changes.Removed));
        Assert.Empty(changes.ConformancesAdded.Concat(changes.ConformancesRemoved));

        // Two that look alike leave it open which one it was.
        var two = Compare(Module(Plain, Choice, node),
            Module(Plain, Choice, nested,
            nested with { Name = "Choice.Node", Members = [Var("next", "@Choice.Node"), Var("value", "Si")] }))!;
        Assert.Empty(two.Moved);
        Assert.Equal(["M.Choice.Node", "M.Plain.Node"], two.Added.Select(entity => entity.Name));
    }

    [Fact]
    public void Private_types_of_one_name_are_told_apart_by_what_they_are()
    {
        var first = new ForgeSwiftType("struct", "Plain.Key") { IsPrivate = true, Members = [Var("a", "Si")] };
        var old = Module(Plain, Other, first);
        Assert.Null(Compare(old, Module(Plain, Other, first with { IsPrivate = false })));
        Assert.Equal("Gallery.Everything.Hidden?",
            SwiftPlainNames.Of("Gallery.Everything.(Hidden in _0123456789ABCDEF0123456789ABCDEF)?"));
        Assert.Equal("[Swift.Int.Kind]", SwiftPlainNames.Of("[(extension in M):Swift.Int.Kind]"));
        Assert.Equal("(A in _short)", SwiftPlainNames.Of("(A in _short)"));
    }

    [Fact]
    public void Members_that_the_compiler_left_out_are_not_gone()
    {
        var change = Changed(Plain, Plain with { Members = null });
        Assert.Equal(("new", null), (change.MembersLeftOut, change.Fields));
        Assert.Null(Compare(Module(Plain with { Members = null }), Module(Plain with { Members = null })));
    }

    [Fact]
    public void Metadata_that_only_stands_elsewhere_has_no_changes()
    {
        var module = Module(Plain, Choice, Base, Derived) with
        {
            Protocols = [Drawable],
            Conformances = [("Plain", "Drawable")]
        };
        Assert.Null(Compare(module, module));
        Assert.Null(SwiftComparison.Compare(Image(module), Image(module, code: 4000)));
        Assert.Null(Compare(module,
            Module(Derived, Base, Choice, Plain) with
            {
                Protocols = module.Protocols,
                Conformances = module.Conformances
            }));
    }

    [Fact]
    public void Damaged_metadata_is_said_and_the_rest_compared()
    {
        var bytes = Bytes(Module(Plain), "arm64", 64);
        var list = MachOImage.Open(new MemoryByteSource(bytes)).FindSection("__TEXT", "__swift5_types")!;
        bytes.AsSpan((int)list.FileOffset, 4).Fill(0x70);
        var damaged = MachOImage.Open(new MemoryByteSource(bytes));
        var options = new DiffOptions { OldPath = "old", NewPath = "new", Budget = MemoryBudget.Divide(256 << 20, 1) };
        var change = new BinaryComparison(BinaryPolicy.Standalone, options).Compare(Image(Module(Plain)), damaged);
        Assert.Contains("Mach-O", change.Swift!.Unreadable, StringComparison.Ordinal);
        Assert.DoesNotContain("swift", change.What);
        Assert.Contains("Swift:\n  not compared: ", BinaryChangeText.Body(change), StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_has_a_block_as_sources_write_it()
    {
        var options = new DiffOptions { OldPath = "old", NewPath = "new", Budget = MemoryBudget.Divide(256 << 20, 1) };
        var old = Module(Plain, Choice, Base, Other, Derived) with { Protocols = [Drawable] };
        var @new = Module(Plain with { Members = [Var("x", "Si"), Var("y", "SS"), Var("z", "Sf")] },
            Choice with { Members = [Case("some", "SS"), Case("other"), Case("none")] },
            Other, Derived with { Superclass = "Other" }) with
        {
            Protocols = [Drawable],
            Conformances = [("Plain", "Drawable")]
        };
        var change = new BinaryComparison(BinaryPolicy.Standalone, options).Compare(Image(old), Image(@new));
        Assert.Contains("swift", change.What);
        Assert.Equal((1, 3, 1),
            (BinaryCounts.Of([change])["swiftRemoved"], BinaryCounts.Of([change])["swiftChanged"],
            BinaryCounts.Of([change])["conformancesAdded"]));
        Assert.Contains("""
            Swift:
            - class M.Base
              enum M.Choice
            -   case some(Swift.Int)
            +   case some(Swift.String)
            -   order: some, none, other
            +   order: some, other, none
              class M.Derived
            -   : M.Base
            +   : M.Other
              struct M.Plain
            -   let y: Swift.String
            +   var y: Swift.String
            +   var z: Swift.Float
            + extension M.Plain : M.Drawable

            """.ReplaceLineEndings("\n"), BinaryChangeText.Body(change), StringComparison.Ordinal);
    }

    private static SwiftEntityChange Changed(ForgeSwiftType old, ForgeSwiftType @new)
    {
        var changes = Compare(Module(old), Module(@new))!;
        Assert.Empty(changes.Added.Concat(changes.Removed));
        return Assert.Single(changes.Changed);
    }

    private static SwiftChanges? Compare(ForgeSwiftModule old, ForgeSwiftModule @new)
    {
        var changes = SwiftComparison.Compare(Image(old), Image(@new));
        Assert.Null(changes?.Unreadable);
        return changes;
    }

    private static ForgeSwiftMember Var(string name, string type) => new(name, type) { IsVar = true };

    private static ForgeSwiftMember Let(string name, string type) => new(name, type);

    private static ForgeSwiftMember Case(string name, string? payload = null) => new(name, payload);

    private static ForgeSwiftModule Module(params ForgeSwiftType[] types) => new("M") { Types = types };

    private static MachOImage Image(ForgeSwiftModule module, string arch = "arm64", int code = 64) =>
        MachOImage.Open(new MemoryByteSource(Bytes(module, arch, code)));

    private static byte[] Bytes(ForgeSwiftModule module, string arch, int code)
    {
        var builder = new MachOBuilder(
            ExampleImage.Arch(arch), MachOFileType.Dylib)
        { InstallName = "/usr/lib/libm.dylib" };
        builder.AddCode(new byte[code]);
        return SwiftMetadataWriter.Build(builder, module);
    }
}
