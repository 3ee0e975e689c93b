using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Forge;
using IpswDiff.Forge.Azurite;

namespace IpswDiff.Benchmarks.Cloud;

/// <summary>
/// The workflow as the cloud runs it: what each kind of activity holds in memory in a process of its own for each size of instance, what a
/// run costs in place, unpacked in a folder and against Azurite, and how many requests it sends to storage.
/// </summary>
internal static class CloudBenchmark
{
    // What the infrastructure gives a worker on instances of 512, 2,048 and 4,096 MB, and activities at the same time on one.
    private static readonly (int Instance, int Worker, int Activities)[] Instances = [(512, 400, 1), (2048, 1640, 2), (4096, 3280, 4)];

    internal static Command Create()
    {
        var scale = new Option<double>("--scale") { Description = "Part of the full size: 4,180 images in a shared cache, 3,500 Mach-Os of 1 GiB in a volume.", DefaultValueFactory = _ => 0.25 };
        var folder = new Option<string>("--folder") { Description = "Where firmwares and stores are made, about 30 GB at full size; removed afterwards.", DefaultValueFactory = _ => Path.GetTempPath() };
        var activities = new Option<bool>("--activities") { Description = "Measures the activities only, no whole runs." };
        var command = new Command("cloud", "Activities in processes of their own, and whole runs in place, in a folder and against Azurite.") { scale, folder, activities };
        command.SetAction((parsed, token) => RunAsync(parsed.GetValue(scale), parsed.GetValue(folder)!, parsed.GetValue(activities), token));
        return command;
    }

    private static async Task RunAsync(double scale, string folder, bool onlyActivities, CancellationToken cancellationToken)
    {
        Stopclock.PrintMachine();
        var root = Directory.CreateDirectory(Path.Combine(folder, $"ipswdiff-cloud-{Guid.NewGuid():N}")).FullName;
        try
        {
            FirmwarePairFactory.Write(root, scale);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{new FileInfo(Path.Combine(root, "old.ipsw")).Length / 1e9:0.00} and {new FileInfo(Path.Combine(root, "new.ipsw")).Length / 1e9:0.00} GB of IPSW"));
            if (!onlyActivities)
            {
                MeasureRuns(root);
            }

            foreach (var (instance, worker, activities) in Instances)
            {
                var store = Path.Combine(root, $"store-{instance}");
                await MeasureActivitiesAsync($"instance of {instance} MB, folder", store, root, worker, activities, cancellationToken);
                Directory.Delete(store, recursive: true);
            }

            using var azurite = AzuriteServer.Launch(Path.Combine(root, "azurite-activities"));
            await IpswDiff.Cloud.CloudStorage.Open(new IpswDiff.Cloud.CloudOptions { ConnectionString = azurite.ConnectionString }).PrepareAsync(cancellationToken);
            await MeasureActivitiesAsync("instance of 512 MB, Azurite", azurite.ConnectionString, root, Instances[0].Worker, Instances[0].Activities, cancellationToken);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void MeasureRuns(string root)
    {
        Console.WriteLine("\nwhole runs of ipswdiff, one process");
        var work = Path.Combine(root, "work");
        var inPlace = MeasureRun("in place", root);
        MeasureRun("unpacked into a folder, first diff", root, "--work", work, "--unpack");
        MeasureRun("unpacked into a folder, second diff", root, "--work", work, "--unpack");
        Directory.Delete(work, recursive: true);
        using var azurite = AzuriteServer.Launch(Path.Combine(root, "azurite"));
        foreach (var (name, arguments) in ((string, string[])[])
        [
            ("results in Azurite, firmware in place", []),
            ("unpacked into Azurite, first diff", ["--unpack"]),
            ("unpacked into Azurite, second diff", ["--unpack"]),
        ])
        {
            var seconds = MeasureRun(name, root, ["--storage", azurite.ConnectionString, .. arguments]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {seconds / inPlace:0.00} times in place"));
        }
    }

    private static double MeasureRun(string name, string root, params string[] arguments)
    {
        var output = Path.Combine(root, "report");
        var program = Path.Combine(SampleFiles.RepositoryRoot, "src/Cli/bin/Release/net10.0/ipswdiff");
        var started = Stopwatch.GetTimestamp();
        var result = Witness.Run(program, ["diff", Path.Combine(root, "old.ipsw"), Path.Combine(root, "new.ipsw"), "-o", output, "--quiet", .. arguments]);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"ipswdiff ended with {result.ExitCode}: {result.Error}");
        }

        using (var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(output, "report.json"))))
        {
            var run = report.RootElement.GetProperty("run");
            var parts = string.Join(", ", run.GetProperty("activities").EnumerateArray().Select(activity =>
                string.Create(CultureInfo.InvariantCulture, $"{activity.GetProperty("name").GetString()} {activity.GetProperty("durationSeconds").GetDouble():0.0}")));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {name,-40} {seconds,7:0.0} s  peak {run.GetProperty("peakWorkingSetBytes").GetInt64() / 1048576.0,4:0} MiB  seconds of activities: {parts}"));
        }

        Directory.Delete(output, recursive: true);
        return seconds;
    }

    private static async Task MeasureActivitiesAsync(string title, string place, string root, int workerMegabytes, int activities, CancellationToken cancellationToken)
    {
        const string Run = "bench";
        var store = ActivityProcess.OpenStore(place);
        foreach (var side in new[] { "old", "new" })
        {
            await using var firmware = File.OpenRead(Path.Combine(root, side + ".ipsw"));
            await store.TryCreateAsync($"originals/{side}.ipsw", (stream, token) => firmware.CopyToAsync(stream, 1 << 20, token), cancellationToken);
        }

        var request = new DiffRequest
        {
            Options = new DiffOptions { OldPath = "originals/old.ipsw", NewPath = "originals/new.ipsw", Budget = MemoryBudget.Divide((long)workerMegabytes << 20, activities) },
            Formats = ["markdown", "html", "json"],
            Unpack = true,
            MaxConcurrency = Environment.ProcessorCount,
        };
        await RunArtifacts.CreateRequestAsync(new SharedRunStores(store).Work(Run), request, cancellationToken);
        var context = new ProcessPerActivity(Run, place);
        var outcome = await DiffWorkflow.RunAsync(context);
        if (outcome.Failure is not null)
        {
            throw new InvalidOperationException(outcome.Failure);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"\n{title}: worker limit {workerMegabytes} MB, {activities} activities at once on an instance; each measured in a process of its own"));
        Console.WriteLine("  activity    count  seconds: median, longest, sum   processor   peak MiB: median, highest   requests: get, put, head, other");
        foreach (var kind in context.Costs.GroupBy(cost => cost.Activity, cost => cost.Cost))
        {
            Print(kind.Key, [.. kind]);
        }

        Print("all", [.. context.Costs.Select(cost => cost.Cost)]);
    }

    private static void Print(string name, ActivityCost[] costs)
    {
        var seconds = costs.Select(cost => cost.Seconds).Order().ToArray();
        var peaks = costs.Select(cost => cost.PeakBytes / 1048576.0).Order().ToArray();
        int Requests(params string[] methods) => costs.Sum(cost => cost.Requests.Where(request => methods.Contains(request.Key)).Sum(request => request.Value));
        var known = Requests("GET", "PUT", "HEAD");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {name,-10} {costs.Length,6} {seconds[seconds.Length / 2],9:0.00} {seconds[^1],8:0.00} {seconds.Sum(),8:0.0} {costs.Sum(cost => cost.ProcessorSeconds),12:0.0} {peaks[peaks.Length / 2],11:0} {peaks[^1],8:0}   {Requests("GET"),12} {Requests("PUT"),6} {Requests("HEAD"),6} {costs.Sum(cost => cost.Requests.Values.Sum()) - known,6}"));
    }
}
