using IpswDiff.Forge.Azurite;

namespace IpswDiff.EndToEnd;

/// <summary>One run in its places: in memory of the process alone, with results kept in a folder, and with results in Azure Storage.</summary>
public sealed class WorkflowTests : IClassFixture<WorkflowTests.PlainRun>
{
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
        // Moments are spread over the time that a whole run took; a run that ended before its moment counts as one that was not killed.
        var random = new Random(20);
        var kills = 0;
        for (var moment = 0; moment < 20; moment++)
        {
            using var scratch = Cli.Scratch();
            string[] command = ["diff", Samples.Old, Samples.New, "-o", scratch["report"], "--work", scratch["work"], "--parallelism", "1"];
            kills += Cli.RunAndKill(_plain.Duration * (0.2 + (0.8 * random.NextDouble())), command) ? 1 : 0;
            Cli.Run(command).Expect(0);
            Assert.Equal(_plain.Facts, ReportFolder.Facts(scratch["report"]));
        }

        Assert.True(kills >= 5, $"only {kills} of 20 runs were still going when they were to be killed");
    }

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
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "--parallelism", "1").Expect(0);
            Duration = System.Diagnostics.Stopwatch.GetElapsedTime(started);
            Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["again"]).Expect(0);
            Facts = ReportFolder.Facts(_scratch["again"]);
        }

        public TimeSpan Duration { get; }

        public IReadOnlyDictionary<string, string> Facts { get; }

        public void Dispose() => _scratch.Dispose();
    }
}
