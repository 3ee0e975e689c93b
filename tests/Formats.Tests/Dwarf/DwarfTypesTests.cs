using IpswDiff.Forge.Dwarf;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Dwarf;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Tests.Dwarf;

public sealed class DwarfTypesTests
{
    public static TheoryData<DwarfWriterOptions> Ways()
    {
        var ways = new TheoryData<DwarfWriterOptions>();
        for (var version = 2; version <= 5; version++)
        {
            foreach (var is64 in version < 3 ? [false] : new[] { false, true })
            {
                ways.Add(new DwarfWriterOptions { Version = version, Is64Bit = is64 });
                ways.Add(new DwarfWriterOptions { Version = version, Is64Bit = is64, WildForms = 1, SharesTypes = version > 2 });
                ways.Add(new DwarfWriterOptions { Version = version, Is64Bit = is64, WildForms = 2 });
                if (version >= 4)
                {
                    ways.Add(new DwarfWriterOptions { Version = version, Is64Bit = is64, TypeUnits = true });
                    ways.Add(new DwarfWriterOptions { Version = version, Is64Bit = is64, TypeUnits = true, WildForms = 3 });
                }
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Reads_every_shape_of_declaration_in_every_encoding(DwarfWriterOptions options)
    {
        var types = ForgeTypeSamples.Everything();
        var local = new ForgeAggregate("struct", "local").Add("inside", ForgeBaseType.Int);
        var writer = new DwarfWriter(options).AddUnit("one.c", types, local).AddUnit("two.c", types.Skip(1)).AddUnit("three.c", types);
        Assert.Equal(DwarfTruth.Of([.. types, local]), Definitions(Open(writer)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Reads_many_units_of_many_structures(DwarfWriterOptions options)
    {
        var structures = ForgeTypeSamples.Structures(7, 300);
        var writer = new DwarfWriter(options);
        for (var unit = 0; unit < 10; unit++)
        {
            writer.AddUnit($"unit{unit}.c", structures.Skip(unit * 20).Take(120));
        }

        var read = Open(writer);
        Assert.Equal(DwarfTruth.Of(structures), Definitions(read));
        if (!options.SharesTypes && !options.TypeUnits)
        {
            Assert.True(read.Occurrences > read.All.Count * 3, $"{read.Occurrences} definitions, {read.All.Count} different");
        }
    }

    [Fact]
    public void The_hash_is_equal_where_the_text_is_and_nowhere_else()
    {
        // The same structures, but for every fifth, which has a member more; in other encodings and units.
        var old = ForgeTypeSamples.Structures(8, 200);
        var changed = ForgeTypeSamples.Structures(8, 200, (i, structure) => structure.Add(i % 5 == 0 ? "planted" : null, i % 5 == 0 ? ForgeBaseType.Char : new ForgeAggregate("struct", null)));
        var same = ForgeTypeSamples.Structures(8, 200);
        var files = new[]
        {
            Open(new DwarfWriter(new DwarfWriterOptions { Version = 4 }).AddUnit("a.c", old)),
            Open(new DwarfWriter(new DwarfWriterOptions { Version = 5, Is64Bit = true, WildForms = 9, SharesTypes = true }).AddUnit("b.c", same.Take(90)).AddUnit("c.c", same)),
            Open(new DwarfWriter(new DwarfWriterOptions { Version = 5, TypeUnits = true }).AddUnit("d.c", changed)),
        };
        var byHash = new Dictionary<UInt128, string>();
        var byText = new Dictionary<string, UInt128>(StringComparer.Ordinal);
        foreach (var types in files)
        {
            foreach (var type in types.All)
            {
                var text = types.ReadDefinition(type).ToText();
                byHash.TryAdd(type.Hash, text);
                byText.TryAdd(text, type.Hash);
                Assert.Equal(byHash[type.Hash], text);
                Assert.Equal(byText[text], type.Hash);
            }
        }

        Assert.Equal(files[0].All.Select(static type => type.Hash), files[1].All.Select(static type => type.Hash));
    }

    [Fact]
    public void Keeps_different_definitions_of_one_name_and_each_but_once()
    {
        var first = new ForgeAggregate("struct", "args").Add("a", ForgeBaseType.Int);
        var second = new ForgeAggregate("struct", "args").Add("a", ForgeBaseType.Long);
        var third = new ForgeAggregate("struct", "args").Add("b", ForgeBaseType.Int);
        var types = Open(new DwarfWriter(new DwarfWriterOptions()).AddUnit("1.c", [second]).AddUnit("2.c", [third]).AddUnit("3.c", [first], third).AddUnit("4.c", [second]));
        Assert.Equal(["args", "args", "args"], types.All.Select(static type => type.Name));
        Assert.Equal([4L, 4, 8], types.All.Select(static type => type.ByteSize));
        Assert.Equal(5, types.Occurrences);

        var turned = Open(new DwarfWriter(new DwarfWriterOptions()).AddUnit("1.c", [first]).AddUnit("2.c", [third]).AddUnit("3.c", [second]));
        Assert.Equal(types.All.Select(static type => type.Hash), turned.All.Select(static type => type.Hash));
    }

    [Fact]
    public void A_definition_says_all_that_its_text_says()
    {
        var types = Open(new DwarfWriter(new DwarfWriterOptions()).AddUnit("a.c", ForgeTypeSamples.Everything()));
        var everything = types.ReadDefinition(types.All.Single(static type => type is { Name: "everything", Kind: DwarfTypeKind.Struct }));
        var members = everything.Members.ToDictionary(static member => member.Name ?? string.Empty, StringComparer.Ordinal);
        Assert.Equal(("uint32_t", 16L, 4L, 3, 5), (members["mode"].Type, members["mode"].Offset, members["mode"].Size, members["mode"].BitOffset, members["mode"].BitSize));
        Assert.Equal(("int (*(*)[4])(void)", "int (*(*table)[4])(void)"), (members["table"].Type, members["table"].Declaration));
        Assert.Equal((DwarfTypeKind.Union, null), (members[string.Empty].Nested!.Kind, members[string.Empty].Nested!.Name));
        Assert.Null(members["tail"].Size);
        var color = types.ReadDefinition(types.All.Single(static type => type.Name == "color"));
        Assert.Equal([("RED", 0), ("GREEN", 5), ("BLUE", -3)], color.Enumerators.Select(static constant => (constant.Name, (int)constant.Value)));
        Assert.Equal(("int", 4L), (color.UnderlyingType, color.ByteSize));
        Assert.Equal("void", types.ReadDefinition(types.All.Single(static type => type.Name == "nothing_t")).Target!.Type);
    }

    [Fact]
    public void A_small_cache_costs_time_and_changes_nothing()
    {
        var structures = ForgeTypeSamples.Structures(9, 200);
        var writer = new DwarfWriter(new DwarfWriterOptions { Version = 5, WildForms = 4, SharesTypes = true });
        for (var unit = 0; unit < 20; unit++)
        {
            writer.AddUnit($"unit{unit}.c", structures.Skip(unit * 10).Take(10));
        }

        var image = MachOImage.Open(new MemoryByteSource(writer.Write().ToMachO()));
        Assert.Equal(Definitions(Read(image, DwarfTypes.DefaultCacheBytes)), Definitions(Read(image, 0)));
    }

    [Fact]
    public void An_image_without_debugging_information_says_what_to_do()
    {
        var image = MachOImage.Open(new MemoryByteSource(new IpswDiff.Forge.MachO.MachOBuilder(IpswDiff.Forge.MachO.MachOArch.Arm64e, MachOFileType.Execute).Build()));
        Assert.False(DwarfFile.TryOpen(image, out _));
        Assert.Contains(".dSYM", Assert.Throws<FirmwareFormatException>(() => DwarfFile.Open(image)).Reason, StringComparison.Ordinal);
    }

    private static DwarfTypes Open(DwarfWriter writer)
    {
        Assert.True(DwarfFile.TryOpen(MachOImage.Open(new MemoryByteSource(writer.Write().ToMachO())), out var file));
        return DwarfTypes.Read(file);
    }

    private static DwarfTypes Read(MachOImage image, long cacheBytes) => DwarfTypes.Read(DwarfFile.Open(image), cacheBytes, TestContext.Current.CancellationToken);

    private static IReadOnlyList<string> Definitions(DwarfTypes types) =>
        [.. types.All.Select(type => types.ReadDefinition(type).ToText()).Order(StringComparer.Ordinal)];
}
