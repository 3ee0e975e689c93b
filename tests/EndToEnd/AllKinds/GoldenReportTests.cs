using System.Security.Cryptography;
using IpswDiff.Forge.AllKinds;

namespace IpswDiff.EndToEnd.AllKinds;

/// <summary>
/// Reports of two pairs, byte for byte as they are kept: of the sample firmwares, and of the pair with every kind of change. After a
/// change of what reports say, <c>IPSWDIFF_GOLDEN=write</c> makes the kept ones again (<see cref="GoldenReport"/>).
/// </summary>
public sealed class GoldenReportTests(AllKindsFiles files) : IClassFixture<AllKindsFiles>
{
    // One worker and a stated limit, so that the plan of the run is the same on every machine.
    private static readonly string[] Fixed = ["--parallelism", "1", "--memory-limit", "512M"];

    [Fact]
    public void The_report_of_every_kind_of_change_is_the_kept_one()
    {
        using var report = files.Diff(Fixed);
        GoldenReport.Compare("all-kinds", report, files.Root);
    }

    [Fact]
    public void The_report_of_the_samples_is_the_kept_one()
    {
        using var report = Cli.Scratch();
        Cli.Run(["diff", Samples.Old, Samples.New, "-o", report.Root, "--functions", "--strings", .. Fixed]).Expect(0);
        GoldenReport.Compare("samples", report, Path.GetDirectoryName(Samples.Old)!);
    }

    [Fact]
    public void The_pair_with_every_kind_of_change_is_the_same_bytes_on_every_machine()
    {
        using var again = Cli.Scratch();
        new AllKindsPair().Write(again.Root);
        Assert.Equal(Digests(files.Root), Digests(again.Root));
        GoldenReport.CompareText("all-kinds", "pair.sha256", Digests(files.Root));
    }

    [Theory]
    [InlineData("""{"tool": {"name":"ipswdiff","version":"1.2.3"},"old":{"path":"/tmp/x/old.ipsw","version":"26.0"}}""", """{"tool": {"name":"ipswdiff","version":"0.0.0"},"old":{"path":"old.ipsw","version":"26.0"}}""")]
    [InlineData("""{"startedAt":"2026-01-01T01:02:03Z","durationSeconds":1.5e-3,"peakWorkingSetBytes": 12,"items":3}""", """{"startedAt":"1970-01-01T00:00:00+00:00","durationSeconds":0,"peakWorkingSetBytes": 0,"items":3}""")]
    [InlineData("took 3 s\n\n## Run\n\n- ipswdiff 0.1.0, 2.05 s, peak 98 MiB, 13 shards\n", "took 3 s\n\n## Run\n\n- ipswdiff 0.0.0, 0 s, peak 0 MiB, 13 shards\n")]
    public void What_no_two_runs_share_is_left_out_and_nothing_else(string text, string expected) => Assert.Equal(expected, GoldenReport.Normalise(text, "/tmp/x"));

    private static string Digests(string folder) => string.Concat(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => (Name: Path.GetRelativePath(folder, file).Replace('\\', '/'), File: file)).OrderBy(file => file.Name, StringComparer.Ordinal)
        .Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.File)))}  {file.Name}\n"));
}
