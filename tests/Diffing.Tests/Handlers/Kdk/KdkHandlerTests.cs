using IpswDiff.Diffing.Handlers.Kdk;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Running;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Forge;
using IpswDiff.Forge.Dwarf;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Handlers.Kdk;

public sealed class KdkHandlerTests : IDisposable
{
    private static readonly DwarfWriterOptions Dwarf4 = new();
    private static readonly DwarfWriterOptions Dwarf5 = new() { Version = 5, WildForms = 3, SharesTypes = true };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ipswdiff-kdk");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(4, 4)]
    [InlineData(4, 5)]
    [InlineData(5, 5)]
    public async Task Finds_every_planted_change_and_nothing_else(int oldVersion, int newVersion)
    {
        var pair = KdkPair.Create(11, 200);
        Assert.All([pair.Added, pair.Removed, pair.Changed], static names => Assert.NotEmpty(names));
        var old = Write("old.kernel", pair.Old, oldVersion == 4 ? Dwarf4 : Dwarf5);
        var @new = Write("new.kernel", pair.New, newVersion == 4 ? Dwarf4 : Dwarf5);
        var (section, items, details) = await RunAsync(old, @new);
        Assert.Equal((SectionState.Complete, null), (section.State, section.Reason));
        Assert.Equal(pair.Added.Order(StringComparer.Ordinal), Paths(items[ItemGroup.Added]));
        Assert.Equal(pair.Removed.Order(StringComparer.Ordinal), Paths(items[ItemGroup.Removed]));
        Assert.Equal(pair.Changed.Order(StringComparer.Ordinal), Paths(items[ItemGroup.Changed]));
        Assert.All(pair.Added, name => Assert.Equal((null, pair.NewDefinitions[name]), (details[name].Definition!.Old, details[name].Definition!.New)));
        Assert.All(pair.Removed, name => Assert.Equal((pair.OldDefinitions[name], null), (details[name].Definition!.Old, details[name].Definition!.New)));
        Assert.All(pair.Changed, name => Assert.Equal(
            (pair.OldDefinitions[name], pair.NewDefinitions[name]), (details[name].Definition!.Old, details[name].Definition!.New)));
    }

    [Fact]
    public async Task Says_what_kind_of_change_it_is()
    {
        var pair = KdkPair.Create(1, 1);
        var (_, items, _) = await RunAsync(Write("a", pair.Old, Dwarf4), Write("b", pair.New, Dwarf5));
        var changed = items[ItemGroup.Changed].ToDictionary(static item => item.Path, StringComparer.Ordinal);
        Assert.Equal(["members"], changed["struct planted_layout"].What);
        Assert.Equal(["size", "layout"], changed["struct planted_holder"].What);
        Assert.Equal(["members"], changed["union planted_union"].What);
        Assert.Equal(["members"], changed["struct planted_bits"].What);
        Assert.Equal(["values"], changed["enum planted_enum"].What);
        Assert.Equal(["type"], changed["typedef planted_typedef_t"].What);
        Assert.Equal((1, 1), (changed["enum planted_enum"].Counts!["added"], changed["enum planted_enum"].Counts!["removed"]));
        Assert.Equal(16, Assert.Single(items[ItemGroup.Added], static item => item.Path == "struct planted_added").Counts!["bytes"]);
        Assert.Equal(1, Assert.Single(items[ItemGroup.Removed], static item => item.Path == "struct planted_removed").Counts!["bytes"]);
        Assert.Null(Assert.Single(items[ItemGroup.Added], static item => item.Path == "typedef planted_added_t").Counts);

        // By kind and name, as they are listed.
        Assert.Equal(items[ItemGroup.Changed].Select(static item => item.Path[..item.Path.IndexOf(' ')]).Distinct(), ["struct", "union", "enum", "typedef"]);
    }

    [Fact]
    public async Task The_same_types_in_another_encoding_are_no_change()
    {
        var pair = KdkPair.Create(2, 150);
        var (section, items, _) = await RunAsync(Write("a", pair.Old, Dwarf4), Write("b", pair.Old, Dwarf5));
        Assert.Equal(SectionState.Complete, section.State);
        Assert.All(items.Values, Assert.Empty);
    }

    [Fact]
    public async Task Shows_another_definition_of_a_name_beside_the_one_that_stayed()
    {
        var first = new ForgeAggregate("struct", "args").Add("a", ForgeBaseType.Int);
        var second = new ForgeAggregate("struct", "args").Add("b", ForgeBaseType.Long);
        var old = Path.Combine(_folder.FullName, "old");
        var @new = Path.Combine(_folder.FullName, "new");
        File.WriteAllBytes(old, new DwarfWriter(Dwarf4).AddUnit("1.c", [second]).Write().ToMachO());
        File.WriteAllBytes(@new, new DwarfWriter(Dwarf4).AddUnit("1.c", [first]).AddUnit("2.c", [second]).Write().ToMachO());
        var (_, items, details) = await RunAsync(old, @new);
        Assert.Equal("struct args", Assert.Single(items[ItemGroup.Changed]).Path);
        var definition = details["struct args"].Definition!;
        Assert.Equal(DwarfTruth.Define(second), definition.Old);
        Assert.Equal($"{DwarfTruth.Define(second)}\n\n{DwarfTruth.Define(first)}", definition.New);
    }

    [Fact]
    public async Task Matches_the_kernels_of_whole_kits_by_name()
    {
        var pair = KdkPair.Create(3, 20);
        var (old, @new) = (Path.Combine(_folder.FullName, "old"), Path.Combine(_folder.FullName, "new"));
        KdkPair.WriteKit(old, "kernel.release.t1", pair.Old, Dwarf4);
        KdkPair.WriteKit(@new, "kernel.release.t1", pair.New, Dwarf4);
        KdkPair.WriteKit(old, "kernel.release.t2", pair.Old, Dwarf4);
        KdkPair.WriteKit(@new, "kernel.release.t2", pair.Old, Dwarf4);
        KdkPair.WriteKit(old, "kernel.gone", pair.Old, Dwarf4);
        KdkPair.WriteKit(@new, "kernel.fresh", pair.New, Dwarf4);
        var (section, items, _) = await RunAsync(old, @new);
        Assert.Equal(SectionState.Complete, section.State);
        Assert.Equal(["kernel.fresh"], items[ItemGroup.Added].Where(static item => item.Volume is null).Select(static item => item.Path));
        Assert.Equal(["kernel.gone"], items[ItemGroup.Removed].Where(static item => item.Volume is null).Select(static item => item.Path));
        Assert.Equal(["kernel.release.t1"], items[ItemGroup.Changed].Select(static item => item.Volume).Distinct());
        Assert.Equal(pair.Changed.Order(StringComparer.Ordinal), Paths(items[ItemGroup.Changed]));
    }

    [Fact]
    public async Task A_damaged_kernel_is_listed_with_its_reason_and_the_others_go_on()
    {
        var pair = KdkPair.Create(4, 20);
        var (old, @new) = (Path.Combine(_folder.FullName, "old"), Path.Combine(_folder.FullName, "new"));
        foreach (var kernel in new[] { "kernel.a", "kernel.b" })
        {
            KdkPair.WriteKit(old, kernel, pair.Old, Dwarf4);
            KdkPair.WriteKit(@new, kernel, pair.New, Dwarf4);
        }

        var victim = Path.Combine(@new, "System/Library/Kernels/kernel.a.dSYM/Contents/Resources/DWARF/kernel.a");
        var bytes = File.ReadAllBytes(victim);
        var info = MachOImage.Open(new Formats.Bytes.MemoryByteSource(bytes)).Sections.Single(static found => found.Name == "__debug_info");
        bytes[info.FileOffset + 4] = 77;
        File.WriteAllBytes(victim, bytes);
        var (section, items, _) = await RunAsync(old, @new);
        Assert.Equal(SectionState.Incomplete, section.State);
        var unreadable = Assert.Single(items[ItemGroup.Unreadable]);
        Assert.Equal("kernel.a", unreadable.Path);
        Assert.Contains("version 77", unreadable.Reason, StringComparison.Ordinal);
        Assert.Contains(victim, unreadable.Reason, StringComparison.Ordinal);
        Assert.Equal(["kernel.b"], items[ItemGroup.Changed].Select(static item => item.Volume).Distinct());
    }

    [Fact]
    public void Kits_are_found_in_every_form_that_can_be_named()
    {
        var types = KdkPair.Create(5, 3).Old;
        KdkPair.WriteKit(_folder.FullName, "kernel.x", types, Dwarf4);
        var kernels = Path.Combine(_folder.FullName, "System", "Library", "Kernels");
        foreach (var path in new[] { _folder.FullName, kernels, Path.Combine(kernels, "kernel.x"), Path.Combine(kernels, "kernel.x.dSYM"), Path.Combine(kernels, "kernel.x.dSYM/Contents/Resources/DWARF/kernel.x") })
        {
            var kernel = Assert.Single(KdkKernels.Find(path));
            Assert.Equal("kernel.x", kernel.Name);
            Assert.EndsWith("DWARF/kernel.x", kernel.Path.Replace('\\', '/'), StringComparison.Ordinal);
        }

        var text = Path.Combine(_folder.FullName, "text");
        File.WriteAllText(text, "no kernel at all");
        Assert.Contains("no kernel with DWARF", Assert.Throws<DiffFailedException>(() => KdkKernels.Find(text)).Message, StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<DiffFailedException>(() => KdkKernels.Find(text + "s")).Message, StringComparison.Ordinal);
        KdkPair.WriteKit(Path.Combine(_folder.FullName, "two"), "kernel.y", types, Dwarf4);
        KdkPair.WriteKit(Path.Combine(_folder.FullName, "two"), "kernel.z", types, Dwarf4);
        Assert.Contains(
            "no kernel in common (kernel.x and kernel.y, kernel.z)",
            Assert.Throws<DiffFailedException>(() => KdkKernels.Match(_folder.FullName, Path.Combine(_folder.FullName, "two"))).Message,
            StringComparison.Ordinal);
    }

    private static IEnumerable<string> Paths(IEnumerable<ReportItem> items) => items.Select(static item => item.Path).Order(StringComparer.Ordinal);

    private string Write(string name, IReadOnlyList<ForgeType> types, DwarfWriterOptions options)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, KdkPair.Encode(types, options).ToMachO(MachOFileType.Execute));
        return path;
    }

    private async Task<SectionReport> RunAsync(string old, string @new)
    {
        var binary = Path.Combine(_folder.FullName, "binary");
        File.WriteAllBytes(binary, new Forge.MachO.MachOBuilder(Forge.MachO.MachOArch.Arm64e, MachOFileType.Execute).Build());
        var options = new DiffOptions
        {
            OldPath = binary,
            NewPath = binary,
            Handlers = ["Kdk"],
            KdkOld = old,
            KdkNew = @new,
            Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, 2),
        };
        var store = new FolderArtifactStore(Path.Combine(_folder.FullName, "run"));
        var run = new DiffRun(new DiffRequest { Options = options, Formats = ["json"] }, store, store);
        return await SectionReport.ReadAsync(await run.RunAsync(new InputOptions(), TestContext.Current.CancellationToken), "Kdk");
    }
}
