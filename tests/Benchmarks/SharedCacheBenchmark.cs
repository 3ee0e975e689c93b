using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Running;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Benchmarks;

/// <summary>
/// Compares two forged shared caches of the size of iOS 26, identity first and exhaustively, each run in a process of its own so that
/// its peak memory and the bytes it read are its own.
/// </summary>
internal static class SharedCacheBenchmark
{
    private const int Images = 4180;
    private const string RunName = "shared-cache-run";

    internal static Command Create()
    {
        var scales = new Option<double[]>("--scale") { Description = "Parts of the full size to measure.", DefaultValueFactory = _ => [0.25, 0.5, 1], AllowMultipleArgumentsPerToken = true };
        var folder = new Option<string>("--folder") { Description = "Where the caches are written; about 8 GB at full size, deleted afterwards.", DefaultValueFactory = _ => Path.GetTempPath() };
        var runs = new Option<int>("--runs") { Description = "Runs of each mode, of which the median is printed.", DefaultValueFactory = _ => 3 };
        var parallelism = new Option<int>("--parallelism") { Description = "Workers.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var command = new Command("shared-cache", "Compares two shared caches of 4,180 images each: images a second, bytes read, peak memory, growth.") { scales, folder, runs, parallelism };
        command.SetAction(parsed => Measure(parsed.GetValue(scales)!, parsed.GetValue(folder)!, parsed.GetValue(runs), parsed.GetValue(parallelism)));
        return command;
    }

    /// <summary>One comparison, in the process that is measured.</summary>
    internal static Command CreateRun()
    {
        var (old, @new, work) = (new Argument<string>("OLD"), new Argument<string>("NEW"), new Argument<string>("WORK"));
        var exhaustive = new Option<bool>("--exhaustive");
        var parallelism = new Option<int>("--parallelism");
        var command = new Command(RunName, "One run of the shared-cache benchmark.") { old, @new, work, exhaustive, parallelism };
        command.Hidden = true;
        command.SetAction((parsed, token) => RunAsync(
            parsed.GetValue(old)!, parsed.GetValue(@new)!, parsed.GetValue(work)!, parsed.GetValue(exhaustive), parsed.GetValue(parallelism), token));
        return command;
    }

    private static async Task RunAsync(string old, string @new, string work, bool exhaustive, int parallelism, CancellationToken cancellationToken)
    {
        var before = BytesRead();
        var store = new FolderArtifactStore(work);
        var options = new DiffOptions
        {
            OldPath = old,
            NewPath = @new,
            Handlers = ["SharedCache"],
            Exhaustive = exhaustive,
            Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, parallelism),
        };
        var report = await new DiffRun(new DiffRequest { Options = options, Formats = ["json"] }, store, store).RunAsync(new InputOptions(), cancellationToken);
        var section = report.Head.Sections.Single();
        var result = new RunResult(
            report.Head.Run.DurationSeconds,
            report.Head.Run.Activities.Single(activity => activity.Name == "diff").DurationSeconds,
            report.Head.Run.PeakWorkingSetBytes,
            BytesRead() - before,
            Environment.CpuUsage.TotalTime.TotalSeconds,
            report.Head.Run.Shards,
            string.Join(", ", section.Counts.OrderBy(count => count.Key).Select(count => $"{count.Key} {count.Value}").Prepend(section.State.ToString())));
        Console.WriteLine(JsonSerializer.Serialize(result));
    }

    private static void Measure(double[] scales, string folder, int runs, int parallelism)
    {
        Stopclock.PrintMachine();
        foreach (var scale in scales)
        {
            var root = Directory.CreateDirectory(Path.Combine(folder, $"ipswdiff-caches-{Guid.NewGuid():N}"));
            try
            {
                MeasureSize(root.FullName, (int)(Images * scale), runs, parallelism);
            }
            finally
            {
                root.Delete(recursive: true);
            }
        }
    }

    private static void MeasureSize(string root, int images, int runs, int parallelism)
    {
        var written = SharedCachePair.Create(26, images).Write(root);
        var name = written.Old.Options.Name;
        var (old, @new) = (Path.Combine(root, "old", name), Path.Combine(root, "new", name));
        var fates = written.Plants.ToDictionary(plant => plant.Path, plant => plant.Kind, StringComparer.Ordinal);
        var common = written.Plants.Count(plant => plant.Kind is not (PlantKind.ImageAdded or PlantKind.ImageRemoved));
        var (needed, all) = Needed([old, @new], path => fates[path] is not (PlantKind.MovedOnly or PlantKind.Identical));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\n{images} images a side, {written.Old.Size / 1e9:0.00} and {written.New.Size / 1e9:0.00} GB, {common} common, load {LoadAverage()}"));
        foreach (var exhaustive in new[] { false, true })
        {
            var results = Enumerable.Range(0, runs).Select(run => RunChild(old, @new, Path.Combine(root, $"work{exhaustive}{run}"), exhaustive, parallelism)).OrderBy(result => result.Seconds).ToArray();
            var result = results[runs / 2];
            var mode = exhaustive ? "exhaustive" : "identity first";
            Stopclock.Print($"{mode}: images", common / result.Seconds, $"images/s (median of {runs}: {result.Seconds:0.00} s, of which comparing {result.DiffSeconds:0.00} s; {result.Shards} shards)");
            Stopclock.Print($"{mode}: processor time", result.ProcessorSeconds, "s of user and system together, with the start of the process");
            Stopclock.Print($"{mode}: bytes read", result.BytesRead / 1e6, $"MB ({result.BytesRead / (double)(exhaustive ? all : needed):0.00} times what the compared images hold)");
            Stopclock.Print($"{mode}: peak resident memory", results.Max(run => run.Peak) / 1e6, "MB");
            Console.WriteLine($"{mode}: {result.Found}");
        }
    }

    private static RunResult RunChild(string old, string @new, string work, bool exhaustive, int parallelism)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        string[] arguments = ["exec", typeof(SharedCacheBenchmark).Assembly.Location, RunName, old, @new, work, "--parallelism", parallelism.ToString(CultureInfo.InvariantCulture)];
        foreach (var argument in exhaustive ? arguments.Append("--exhaustive") : arguments)
        {
            process.StartInfo.ArgumentList.Add(argument);
        }

        process.Start();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<RunResult>(output)! : throw new InvalidOperationException($"the run ended with status {process.ExitCode}");
    }

    /// <summary>
    /// Text, symbols with their names and function starts of the images on both sides: what telling one image from another takes to read.
    /// </summary>
    private static (long Some, long All) Needed(string[] paths, Func<string, bool> isCompared)
    {
        var (some, all) = (0L, 0L);
        foreach (var path in paths)
        {
            using var folder = SharedCacheFolder.Open(path);
            foreach (var image in folder.Cache.Images)
            {
                var macho = image.Open(withLocalSymbols: true);
                var bytes = (long)image.TextSize;
                foreach (var table in macho.SymbolTables)
                {
                    bytes += table.Count * 16;
                    foreach (var symbol in table.Scan())
                    {
                        bytes += symbol.Name.Length + 1;
                    }
                }

                all += bytes;
                some += isCompared(image.Path) ? bytes : 0;
            }
        }

        return (some, all);
    }

    // What this process has read so far, from the page cache or not; the kernel counts it.
    private static long BytesRead() => File.Exists("/proc/self/io")
        ? long.Parse(File.ReadLines("/proc/self/io").First(line => line.StartsWith("rchar:", StringComparison.Ordinal))[6..], CultureInfo.InvariantCulture)
        : 0;

    private static string LoadAverage() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private sealed record RunResult(double Seconds, double DiffSeconds, long Peak, long BytesRead, double ProcessorSeconds, int Shards, string Found);
}
