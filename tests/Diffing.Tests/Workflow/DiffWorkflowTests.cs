using System.Collections.Concurrent;
using System.IO.Compression;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Inputs.Opening;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Reports.Json;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Unpacked;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Forge;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Diffing.Tests.Workflow;

/// <summary>The workflow with the in-process engine, on the sample firmwares and on storage that fails.</summary>
public sealed class DiffWorkflowTests : IDisposable
{
    private const string Run = "run";
    private static readonly ActivityRetry Patient = new(60, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ipswdiff-workflow-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reports_the_same_when_every_artifact_fails_once_before_and_once_after_it_is_made(bool unpack)
    {
        var expected = await FilesAsync(await RunAsync("plain", store => store));
        var seen = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        FaultyStore? faulty = null;
        var actual = await FilesAsync(await RunAsync("faulty", store => faulty = new FaultyStore(
            store, (name, isAfter) => !name.StartsWith("items/", StringComparison.Ordinal) && seen.AddOrUpdate($"{Stable(name)} {isAfter}", 1, (_, times) => times + 1) == 1), unpack: unpack));
        Assert.True(faulty!.Faults > (unpack ? 40 : 20), $"storage failed only {faulty.Faults} times");
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task Marks_sections_incomplete_whose_shard_fails_at_every_attempt()
    {
        var (outcome, report) = await RunAsync("broken", store => new FaultyStore(store, (name, _) => name == "shards/000000.jsonl.gz"));
        Assert.Null(outcome.Failure);
        Assert.True(outcome.IsIncomplete);
        var broken = report.Head.Sections.Where(section => section.State == SectionState.Incomplete).ToArray();
        Assert.NotEmpty(broken);
        Assert.All(broken, section => Assert.Contains("the disk says no", section.Reason, StringComparison.Ordinal));
        Assert.Contains(report.Head.Sections, section => section.State == SectionState.Complete);
    }

    [Fact]
    public async Task Fails_with_the_fault_when_the_plan_cannot_be_kept()
    {
        var failure = await Assert.ThrowsAsync<ActivityFailedException>(
            () => RunAsync("planless", store => new FaultyStore(store, (name, _) => name == "plan.json.gz")));
        Assert.Equal("Plan", failure.Activity);
        Assert.Contains("the disk says no", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_activity_that_does_not_end_is_given_up_and_named()
    {
        var work = new FolderArtifactStore(Path.Combine(_folder.FullName, "endless"));
        await RunArtifacts.CreateRequestAsync(work, Request(["json"]), TestContext.Current.CancellationToken);
        using var activities = new DiffActivities(
            new LocalFirmwares(new InputOptions()), new SingleRunStores(work, work));
        var engine = new InProcessWorkflowEngine(activities, deadline: TimeSpan.Zero);
        var failure = await Assert.ThrowsAsync<ActivityFailedException>(() =>
            engine.RunAsync(Run, TestContext.Current.CancellationToken));
        Assert.Contains("did not end within", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unpacks_a_firmware_once_and_compares_what_lies_there()
    {
        var expected = await FilesAsync(await RunAsync("plain", store => store));
        var told = new ConcurrentQueue<DiffProgress>();
        Assert.Equal(expected, await FilesAsync(await RunAsync("first", store => store, new Watcher(told.Enqueue), unpack: true)));
        Assert.Contains(told, progress => progress is { Phase: "unpack", ShardsDone: > 0 } && progress.ShardsDone == progress.ShardsTotal);
        var firmwares = Path.Combine(_folder.FullName, "first", "work", "firmwares");
        var before = Directory.EnumerateFiles(firmwares, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.GetLastWriteTimeUtc, StringComparer.Ordinal);

        Directory.CreateDirectory(Path.Combine(_folder.FullName, "second", "work"));
        var moved = Path.Combine(_folder.FullName, "second", "work", "firmwares");
        Directory.Move(firmwares, moved);
        told.Clear();
        Assert.Equal(expected, await FilesAsync(await RunAsync("second", store => store, new Watcher(told.Enqueue), unpack: true)));
        Assert.DoesNotContain(told, progress => progress is { Phase: "unpack", ShardsTotal: > 0 });
        Assert.Equal(before, Directory.EnumerateFiles(moved, "*", SearchOption.AllDirectories)
            .ToDictionary(file => file.Replace(moved, firmwares, StringComparison.Ordinal), File.GetLastWriteTimeUtc, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Contents_of_another_file_that_says_it_is_the_same_firmware_never_stand_for_its_own()
    {
        var genuine = Request([]).Options.NewPath;
        var twin = Path.Combine(_folder.FullName, "twin.ipsw");
        WriteTwin(twin, genuine, Request([]).Options.OldPath);
        using (var one = InputOpener.Open(genuine, new InputOptions()))
        using (var other = InputOpener.Open(twin, new InputOptions()))
        {
            Assert.Equal(FirmwareIdentity.Of(one), FirmwareIdentity.Of(other));
            Assert.NotEqual(FirmwareIdentity.OfContents(one), FirmwareIdentity.OfContents(other));
        }

        var expected = await FilesAsync(await RunAsync("plain", store => store));
        var lie = await RunAsync("twin", store => store, unpack: true, newPath: twin);
        Assert.NotEqual(expected, await FilesAsync(lie));
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "genuine", "work"));
        Directory.Move(
            Path.Combine(_folder.FullName, "twin", "work", "firmwares"),
                Path.Combine(_folder.FullName, "genuine", "work", "firmwares"));
        Assert.Equal(expected, await FilesAsync(await RunAsync("genuine", store => store, unpack: true)));
    }

    [Fact]
    public async Task Purges_unpacked_firmwares_that_nobody_uses_any_more()
    {
        await RunAsync("purged", store => store, unpack: true);
        var store = new FolderArtifactStore(Path.Combine(_folder.FullName, "purged", "work"));
        var today = DateTimeOffset.UtcNow;
        Assert.Equal(0, await UnpackedFirmwares.PurgeAsync(store, today, TestContext.Current.CancellationToken));
        Assert.Equal(2, await UnpackedFirmwares.PurgeAsync(store, today.AddDays(2), TestContext.Current.CancellationToken));
        Assert.Empty(await store.ListAsync("firmwares/", TestContext.Current.CancellationToken).ToArrayAsync(TestContext.Current.CancellationToken));
        Assert.NotEmpty(await store.ListAsync(string.Empty, TestContext.Current.CancellationToken).ToArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Does_nothing_twice_when_a_finished_run_is_started_again()
    {
        await RunAsync("again", store => store);
        var before = Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories)
            .ToDictionary(file => file, File.GetLastWriteTimeUtc, StringComparer.Ordinal);
        await RunAsync("again", store => store);
        Assert.Equal(before, Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories)
            .ToDictionary(file => file, File.GetLastWriteTimeUtc, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stops_when_it_is_cancelled_and_goes_on_afterwards()
    {
        var expected = await FilesAsync(await RunAsync("plain", store => store));
        using var cancelled = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            "stopped", store => store, new Watcher(progress => { if (progress.ShardsDone == 2) { cancelled.Cancel(); } }), cancelled));
        Assert.Equal(expected, await FilesAsync(await RunAsync("stopped", store => store)));
    }

    [Fact]
    public async Task Tells_how_far_it_is()
    {
        var told = new ConcurrentQueue<DiffProgress>();
        await RunAsync("told", store => store, new Watcher(told.Enqueue));
        Assert.Equal(["plan", "diff", "merge", "publish"], told.Select(progress => progress.Phase).Distinct());
        var last = told.Last();
        Assert.Equal(last.ShardsTotal, last.ShardsDone);
        Assert.Equal(last.BytesTotal, last.BytesDone);
        Assert.True(last.ShardsTotal > 2);
    }

    [Fact]
    public void Keeps_a_request_as_it_was_written()
    {
        var request = Request(["html"]) with { MaxConcurrency = 12 };
        var json = System.Text.Json.JsonSerializer.Serialize(request, WorkflowJson.Compact.DiffRequest);
        var read = System.Text.Json.JsonSerializer.Deserialize(json, WorkflowJson.Compact.DiffRequest)!;
        Assert.Equal(json, System.Text.Json.JsonSerializer.Serialize(read, WorkflowJson.Compact.DiffRequest));
        Assert.Equal(request.Options.Budget, read.Options.Budget);
        Assert.Equal(12, read.Concurrency);
    }

    private async Task<(RunOutcome Outcome, ReportContents Report)> RunAsync(
        string name, Func<IArtifactStore, IArtifactStore> wrap, IProgress<DiffProgress>? progress =
            null, CancellationTokenSource? stop = null, bool unpack = false, string? newPath = null)
    {
        var cancellationToken = stop?.Token ?? TestContext.Current.CancellationToken;
        var work = new FolderArtifactStore(Path.Combine(_folder.FullName, name, "work"));
        var report = new FolderArtifactStore(Path.Combine(_folder.FullName, name, "report"));
        var stores = new SingleRunStores(wrap(work), report);
        var request = Request(["markdown", "json"]) with { Unpack = unpack };
        if (newPath is not null)
        {
            request = request with { Options = request.Options with { NewPath = newPath } };
        }

        await RunArtifacts.CreateRequestAsync(work, request, cancellationToken);
        using var activities = new DiffActivities(new LocalFirmwares(new InputOptions()), stores);
        var outcome = await new InProcessWorkflowEngine(activities, progress, Patient).RunAsync(Run, cancellationToken);
        return (outcome, await RunArtifacts.OpenReportAsync(work, report, cancellationToken));
    }

    // Attempts to unpack name their blobs differently.
    private static string Stable(string name) => System.Text.RegularExpressions.Regex.Replace(name, "-[0-9a-f]{8}(-|\\.)", "-");

    // What the report says, without what says how the run went.
    private static async Task<SortedDictionary<string, string>> FilesAsync((RunOutcome Outcome, ReportContents Report) run)
    {
        Assert.Null(run.Outcome.Failure);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await foreach (var name in run.Report.Details.ListAsync(string.Empty, TestContext.Current.CancellationToken))
        {
            if (name is not (JsonReport.FileName or MarkdownReport.FileName))
            {
                await using var stream = (await run.Report.Details.TryOpenAsync(name, TestContext.Current.CancellationToken))!;
                using var bytes = new MemoryStream();
                await stream.CopyToAsync(bytes, TestContext.Current.CancellationToken);
                files.Add(name, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes.ToArray())));
            }
        }

        foreach (var section in run.Report.Head.Sections)
        {
            foreach (var group in Enum.GetValues<ItemGroup>())
            {
                var items = await run.Report.Items.ReadAsync(section.Handler, group, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
                files.Add($"{section.Handler} {group}", string.Join('\n', items.Select(item => System.Text.Json.JsonSerializer.Serialize(item, ResultsJson.Readable.ReportItem))));
            }
        }

        return files;
    }

    // Manifest and names are those of one firmware, the root image is another's.
    private static void WriteTwin(string path, string manifest, string images)
    {
        using var output = ZipFile.Open(path, ZipArchiveMode.Create);
        using var source = ZipFile.OpenRead(manifest);
        using var other = ZipFile.OpenRead(images);
        foreach (var entry in source.Entries)
        {
            var isImage = entry.FullName.EndsWith("1-200.dmg", StringComparison.Ordinal);
            var level = entry.FullName.EndsWith(".dmg", StringComparison.Ordinal)
                ? CompressionLevel.NoCompression : CompressionLevel.Fastest;
            using var from = (isImage ? other.GetEntry("058-10001-100.dmg")! : entry).Open();
            using var to = output.CreateEntry(entry.FullName, level).Open();
            from.CopyTo(to);
        }
    }

    private static DiffRequest Request(IReadOnlyList<string> formats) => new()
    {
        Options = new DiffOptions
        {
            OldPath = Path.Combine(SampleFiles.RepositoryRoot, "samples", SampleFirmware.OldVersion.FileName),
            NewPath = Path.Combine(SampleFiles.RepositoryRoot, "samples", SampleFirmware.NewVersion.FileName),
            ShardBytes = 64 << 10,
            Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, 2),
        },
        Formats = formats,
    };

    private sealed class Watcher(Action<DiffProgress> watch) : IProgress<DiffProgress>
    {
        public void Report(DiffProgress value) => watch(value);
    }
}
