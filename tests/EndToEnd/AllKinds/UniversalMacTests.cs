using System.Text.Json;
using IpswDiff.Forge.AllKinds;
using IpswDiff.Forge.Universal;

namespace IpswDiff.EndToEnd.AllKinds;

/// <summary>The Macs of this autumn: images for groups of boards, caches that moved, new processors.</summary>
public sealed class UniversalMacTests(UniversalMacFiles files) : IClassFixture<UniversalMacFiles>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Firmwares_differ_in_exactly_what_was_planted(bool exhaustive) =>
        Check("ipsw", files.Pair.InFirmwares, exhaustive);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Updates_differ_in_exactly_what_was_planted(bool exhaustive) =>
        Check("zip", files.Pair.InUpdates, exhaustive);

    private void Check(string form, IReadOnlyList<Plant> plants, bool exhaustive)
    {
        using var folder = Cli.Scratch();
        string[] options = exhaustive ? ["--exhaustive"] : [];
        Cli.Run(
            ["diff", files["old." + form], files["new." + form], "-o", folder.Root, "--functions", "--strings", .. options])
            .Expect(plants.Any(static plant => plant.Group == "unreadable") ? 3 : 0);
        using var report = JsonDocument.Parse(File.ReadAllBytes(folder["report.json"]));
        var sections = report.RootElement.GetProperty("sections").EnumerateArray()
            .Where(static section => section.GetProperty("state").GetString() != "skipped").ToArray();
        Assert.Equal(
            plants.Select(plant => plant.Section).Append("Entitlements").Distinct().Order(StringComparer.Ordinal),
            sections.Select(section => section.GetProperty("handler").GetString()).Order(StringComparer.Ordinal));
        AllHandlersTests.AssertPlants(plants, sections, folder.Root);
    }
}

/// <summary>The firmwares and updates, written once.</summary>
public sealed class UniversalMacFiles : IDisposable
{
    private readonly ScratchFolder _scratch = Cli.Scratch();

    public UniversalMacFiles()
    {
        Pair.WriteFirmwares(_scratch.Root);
        Pair.WriteUpdates(_scratch.Root);
    }

    public UniversalMacPair Pair { get; } = new();

    internal string this[string name] => _scratch[name];

    public void Dispose() => _scratch.Dispose();
}
