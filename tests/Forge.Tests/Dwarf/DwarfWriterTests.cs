using System.Text.RegularExpressions;
using IpswDiff.Forge.Dwarf;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Tests.Dwarf;

public sealed partial class DwarfWriterTests
{
    public static TheoryData<DwarfWriterOptions> Ways() => new(new DwarfWriterOptions[]
    {
        new() { Version = 2 },
        new() { Version = 3, WildForms = 1 },
        new() { Version = 4 },
        new() { Version = 4, Is64Bit = true },
        new() { Version = 4, WildForms = 1, SharesTypes = true },
        new() { Version = 5 },
        new() { Version = 5, Is64Bit = true, WildForms = 2 },
        new() { Version = 5, SharesTypes = true, WildForms = 3 },
        new() { Version = 5, TypeUnits = true },
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public void Llvm_reads_what_was_written(DwarfWriterOptions options)
    {
        var dwarfdump = Witnesses.DwarfDump.Required();
        var everything = ForgeTypeSamples.Everything();
        var structures = ForgeTypeSamples.Structures(3, 40);
        using var file = TemporaryFile.Write(new DwarfWriter(options)
            .AddUnit("a.c", everything, new ForgeAggregate("struct", "local").Add("x", ForgeBaseType.Int)).AddUnit("b.c", structures).Write().ToMachO());
        var result = Witness.Run(dwarfdump, "--debug-info", file.Path);
        Assert.Equal((0, string.Empty), (result.ExitCode, result.Error));
        Assert.DoesNotContain("error", result.Output, StringComparison.OrdinalIgnoreCase);

        // Every structure with its size, and every member of one with its place.
        var sizes = Structure().Matches(result.Output).Select(static match => (match.Groups[1].Value, Number(match.Groups[2].Value))).ToHashSet();
        foreach (var structure in structures.Where(static structure => structure.Keyword == "struct"))
        {
            Assert.Contains((structure.Name!, structure.Size), sizes);
        }

        Assert.Contains("DW_AT_name\t(\"everything\")", result.Output, StringComparison.Ordinal);
        Assert.Contains("DW_AT_name\t(\"local\")", result.Output, StringComparison.Ordinal);

        // It does not follow DW_FORM_ref_addr for the name of a type.
        if (options.WildForms is null)
        {
            Assert.Contains("\"const char *const *[4]\"", result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_same_types_give_the_same_bytes() =>
        Assert.Equal(Write().ToMachO(MachOFileType.Execute), Write().ToMachO(MachOFileType.Execute));

    private static DwarfSectionBytes Write() =>
        new DwarfWriter(new DwarfWriterOptions { Version = 5, WildForms = 8, TypeUnits = true }).AddUnit("a.c", ForgeTypeSamples.Everything()).Write();

    // How a number is shown depends on its form.
    private static long Number(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToInt64(text, 16) : long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("""DW_TAG_structure_type\n\s+DW_AT_name\t\("(\w+)"\)\n\s+DW_AT_byte_size\t\((?:DW_OP_\w+ )?(0x[0-9a-f]+|\d+)\)""")]
    private static partial Regex Structure();
}
