using IpswDiff.Forge;
using IpswDiff.Forge.Azurite;

namespace IpswDiff.EndToEnd;

/// <summary>One run in its places: in memory of the process alone, with results kept in a folder, and with results in Azure Storage.</summary>
public sealed class WorkflowTests : IClassFixture<WorkflowTests.PlainRun>
{
    // About as many as a run leaves, work and report together.
    private const int MostFiles = 40;

    private readonly PlainRun _plain;

    public WorkflowTests(PlainRun plain) => _plain = plain;

    [Fact]
    public void Keeps_results_in_a_folder_and_leaves_nothing_there()
    {
        using var scratch = Cli.Scratch();
        Cli.Run("diff", Samples.Old, Samples.New, "-o", scratch["report"], "--work", scratch["work"]).Expect(0);
        Assert.Equal(_plain.Facts, ReportFolder.Facts(scratch["report"]));
        Assert.Empty(Directory.EnumerateFiles(scratch["work"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Unpacks_into_a_folder_once_and_reports_the_same()
    {
        using var scratch = Cli.Scratch();
        string[] command = ["diff", Samples.Old, Samples.New, "--work", scratch["work"], "--unpack"];
        Cli.Run([.. command, "-o", scratch["report"]]).Expect(0);
        Assert.Equal(_plain.Facts, ReportFolder.Facts(scratch["report"]));
        var unpacked = Files(scratch["work"]);
        Assert.All(unpacked.Keys, file => Assert.Contains("/firmwares/", file, StringComparison.Ordinal));
        Assert.Matches(@"unpack +[0-9.]+ s +0 items", Cli.Run([.. command, "-o", scratch["again"], "--verbose"]).Expect(0).Error);
        Assert.Equal(_plain.Facts, ReportFolder.Facts(scratch["again"]));
        Assert.Equal(unpacked, Files(scratch["work"]));
    }

    [Fact]
    public void Unpacks_without_a_place_that_lasts()
    {
        using var scratch = Cli.Scratch();
        Cli.Run("diff", Samples.Old, Samples.New, "-o", scratch["report"], "--unpack").Expect(0);
        Assert.Equal(_plain.Facts, ReportFolder.Facts(scratch["report"]));
    }

    [Fact]
    public void Unpacks_kernelcaches_and_firmware_as_well()
    {
        using var scratch = Cli.Scratch();
        FirmwareDiffTests.Build(isNew: false).WriteFile(scratch["old.ipsw"]);
        FirmwareDiffTests.Build(isNew: true).WriteFile(scratch["new.ipsw"]);
        string[] command = ["diff", scratch["old.ipsw"], scratch["new.ipsw"], "--strings", "--functions"];
        Cli.Run([.. command, "-o", scratch["plain"]]).Expect(0);
        Cli.Run([.. command, "-o", scratch["report"], "--unpack"]).Expect(0);
        Assert.Equal(ReportFolder.Facts(scratch["plain"]), ReportFolder.Facts(scratch["report"]));
    }

    [Fact]
    public void Tells_of_damage_as_if_nothing_had_been_unpacked()
    {
        using var scratch = Cli.Scratch();
        var bytes = File.ReadAllBytes(Samples.New);
        var random = new ForgeRandom(77);
        var statuses = new HashSet<int>();
        for (var round = 0; round < 8; round++)
        {
            var damaged = bytes.ToArray();
            for (var flip = 0; flip < 6; flip++)
            {
                damaged[random.Next(damaged.Length * 3 / 4)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(scratch["damaged.ipsw"], damaged);
            string[] command = ["diff", Samples.Old, scratch["damaged.ipsw"]];
            var plain = Cli.Run([.. command, "-o", scratch[$"plain-{round}"]]);
            var unpacked = Cli.Run([.. command, "-o", scratch[$"unpacked-{round}"], "--unpack"]);
            Assert.Equal((plain.ExitCode, plain.Error), (unpacked.ExitCode, unpacked.Error));
            statuses.Add(plain.ExitCode);
            if (plain.ExitCode != 4)
            {
                Assert.Equal(ReportFolder.Facts(scratch[$"plain-{round}"]), ReportFolder.Facts(scratch[$"unpacked-{round}"]));
            }
        }

        Assert.Contains(3, statuses);
    }

    [Fact]
    public void Unpacks_nothing_that_is_no_whole_firmware()
    {
        var binary = Path.Combine(SampleFiles.RepositoryRoot, "samples", "binaries", "own", "1.0", "launchd");
        Assert.Contains("only whole firmwares", Cli.Run("diff", binary, binary, "--unpack").Expect(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Unpacks_into_azure_storage_and_reports_the_same()
    {
        if (AzuriteServer.Absence is { } reason)
        {
            Assert.Skip(reason);
        }

        using var azurite = AzuriteServer.Launch();
        using var scratch = Cli.Scratch();
        string[] command = ["diff", Samples.Old, Samples.New, "--storage", azurite.ConnectionString, "--unpack"];
        Cli.Run([.. command, "-o", scratch["report"]]).Expect(0);
        Assert.Equal(_plain.Facts, ReportFolder.Facts(scratch["report"]));
        Assert.Matches(@"unpack +[0-9.]+ s +0 items", Cli.Run([.. command, "-o", scratch["again"], "--verbose"]).Expect(0).Error);
        Assert.Equal(_plain.Facts, ReportFolder.Facts(scratch["again"]));
    }

    [Fact]
    public void Keeps_results_in_azure_storage_and_reports_the_same()
    {
        if (AzuriteServer.Absence is { } reason)
        {
            Assert.Skip(reason);
        }

        using var azurite = AzuriteServer.Launch();
        using var scratch = Cli.Scratch();
        Cli.Run("diff", Samples.Old, Samples.New, "-o", scratch["report"], "--storage", azurite.ConnectionString).Expect(0);
        Assert.Equal(_plain.Facts, ReportFolder.Facts(scratch["report"]));
    }

    [Fact]
    public void Goes_on_where_a_killed_run_was()
    {
        // Moments are numbers of files that a run leaves; one that never had so many counts as one that was not killed.
        var random = new Random(20);
        var kills = 0;
        for (var moment = 0; moment < 20; moment++)
        {
            using var scratch = Cli.Scratch();
            string[] plain = ["diff", Samples.Old, Samples.New, "-o", scratch["report"], "--work", scratch["work"], "--parallelism", "1"];
            string[] command = moment % 2 == 0 ? plain : [.. plain, "--unpack"];
            Directory.CreateDirectory(scratch["work"]);
            kills += Cli.RunAndKill(scratch.Root, random.Next(1, MostFiles), command) ? 1 : 0;
            Cli.Run(command).Expect(0);
            Assert.Equal(_plain.Facts, ReportFolder.Facts(scratch["report"]));
        }

        Assert.True(kills >= 5, $"only {kills} of 20 runs were still going when they were to be killed");
    }

    private static Dictionary<string, DateTime> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.GetLastWriteTimeUtc, StringComparer.Ordinal);

    [Fact]
    public void Asks_for_one_place_of_results_alone()
    {
        using var scratch = Cli.Scratch();
        var result = Cli.Run("diff", Samples.Old, Samples.New, "--work", scratch["work"], "--storage", "UseDevelopmentStorage=true").Expect(2);
        Assert.Contains("--work", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Does_not_repeat_a_connection_string_that_is_none()
    {
        var result = Cli.Run("diff", Samples.Old, Samples.New, "--storage", "AccountKey=c2VjcmV0").Expect(2);
        Assert.DoesNotContain("c2VjcmV0", result.Error, StringComparison.Ordinal);
    }

    /// <summary>The same comparison without any place.</summary>
    public sealed class PlainRun : IDisposable
    {
        private readonly ScratchFolder _scratch = Cli.Scratch();

        public PlainRun()
        {
            Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["again"]).Expect(0);
            Facts = ReportFolder.Facts(_scratch["again"]);
        }

        public IReadOnlyDictionary<string, string> Facts { get; }

        public void Dispose() => _scratch.Dispose();
    }
}
