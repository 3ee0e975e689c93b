using System.Text.Json;
using IpswDiff.Forge;
using IpswDiff.Forge.Dwarf;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.MachO;

namespace IpswDiff.EndToEnd;

/// <summary>Kernel Debug Kits through the program.</summary>
public sealed class KdkTests
{
    [Fact]
    public void Kits_are_compared_beside_the_firmwares()
    {
        using var scratch = Cli.Scratch();
        var pair = KdkPair.Create(21, 60);
        KdkPair.WriteKit(scratch["KDK_1.kdk"], "kernel.release.t8132", pair.Old, new DwarfWriterOptions());
        KdkPair.WriteKit(scratch["KDK_2.kdk"], "kernel.release.t8132", pair.New, new DwarfWriterOptions { Version = 5 });
        var binary = scratch["binary"];
        File.WriteAllBytes(binary, new MachOBuilder(MachOArch.Arm64e, MachOFileType.Execute).Build());
        var run = Cli.Run("diff", binary, binary, "--kdk", scratch["KDK_1.kdk"], scratch["KDK_2.kdk"], "-o", scratch["report"], "--exit-code").Expect(1);
        Assert.Contains("Kdk", run.Output, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(scratch["report"], "report.json")));
        var section = json.RootElement.GetProperty("sections").EnumerateArray().Single(static found => found.GetProperty("handler").GetString() == "Kdk");
        Assert.Equal("complete", section.GetProperty("state").GetString());
        Assert.Equal(pair.Added.Order(StringComparer.Ordinal), Paths(section, "added"));
        Assert.Equal(pair.Removed.Order(StringComparer.Ordinal), Paths(section, "removed"));
        Assert.Equal(pair.Changed.Order(StringComparer.Ordinal), Paths(section, "changed"));

        var readme = File.ReadAllText(Path.Combine(scratch["report"], "README.md"));
        Assert.Contains("\n## KDK\n", readme, StringComparison.Ordinal);
        Assert.Contains("- [struct planted\\_added](KDK/struct_planted_added.md) — 16 bytes\n", readme, StringComparison.Ordinal);
        Assert.Contains("- [struct planted\\_removed](KDK/struct_planted_removed.md) — 1 byte\n", readme, StringComparison.Ordinal);
        Assert.Equal(
            """
            ## enum planted\_enum

            > `enum planted_enum`

            ```diff

             enum planted_enum : int { /* 0x4 bytes */
                 ONE = 1,
            -    TWO = 2,
            +    TWO = 3,
             };
            ```

            """.ReplaceLineEndings("\n"),
            File.ReadAllText(Path.Combine(scratch["report"], "KDK", "enum_planted_enum.md")));
        Assert.Contains("```c\nstruct planted_added { /* 0x10 bytes */\n", File.ReadAllText(Path.Combine(scratch["report"], "KDK", "struct_planted_added.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_kits_the_section_says_why_it_is_empty()
    {
        using var scratch = Cli.Scratch();
        var binary = scratch["binary"];
        File.WriteAllBytes(binary, new MachOBuilder(MachOArch.Arm64e, MachOFileType.Execute).Build());
        Assert.Contains("skipped: no Kernel Debug Kits were named (--kdk OLD NEW)", Cli.Run("diff", binary, binary).Expect(0).Output, StringComparison.Ordinal);
        var missing = Cli.Run("diff", binary, binary, "--kdk", scratch["none"], binary).Expect(4);
        Assert.Contains("there is no such file or folder", missing.Error, StringComparison.Ordinal);
        Assert.Contains("no kernel with DWARF", Cli.Run("diff", binary, binary, "--kdk", binary, binary).Expect(4).Error, StringComparison.Ordinal);
        Cli.Run("diff", binary, binary, "--kdk", binary).Expect(2);
    }

    private static IEnumerable<string> Paths(JsonElement section, string group) =>
        section.GetProperty(group).EnumerateArray().Select(static item => item.GetProperty("path").GetString()!).Order(StringComparer.Ordinal);
}
