using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Reports.Json;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Benchmarks;

/// <summary>What it costs to write a report, each format in a process of its own, and how the HTML report does in a browser.</summary>
internal static class ReportBenchmark
{
    private const string RunName = "report-run";

    internal static Command Create()
    {
        var items = new Option<int>("--items") { Description = "Changed items; four of five are binaries.", DefaultValueFactory = _ => 5000 };
        var lines = new Option<int>("--lines") { Description = "Lines of symbols, functions and strings of a changed binary, on average.", DefaultValueFactory = _ => 200 };
        var folder = new Option<string>("--folder") { Description = "Where reports are written; they are removed afterwards.", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "ipswdiff-report") };
        var runs = new Option<int>("--runs") { Description = "Runs of each format; the median counts.", DefaultValueFactory = _ => 3 };
        var chromium = new Option<string>("--chromium") { Description = "The browser.", DefaultValueFactory = _ => "/usr/bin/chromium" };
        var command = new Command("report", "Writes a report in every format, and opens the HTML report.") { items, lines, folder, runs, chromium };
        command.SetAction((parsed, token) => RunAsync(parsed.GetValue(items), parsed.GetValue(lines), parsed.GetValue(folder)!, parsed.GetValue(runs), parsed.GetValue(chromium)!, token));
        return command;
    }

    internal static Command CreateRun()
    {
        var (from, to, formats) = (new Argument<string>("from"), new Argument<string>("to"), new Argument<string>("formats"));
        var command = new Command(RunName, "One run of `report`: writes formats of a written report again.") { from, to, formats };
        command.Hidden = true;
        command.SetAction(async (parsed, token) =>
        {
            var clock = Stopwatch.StartNew();
            var input = new FolderArtifactStore(parsed.GetValue(from)!);
            var report = await WrittenReport.OpenAsync(input, token).ConfigureAwait(false);
            await ReportFormats.WriteAsync(report, new FolderArtifactStore(parsed.GetValue(to)!), parsed.GetValue(formats)!.Split(','), token).ConfigureAwait(false);
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(JsonSerializer.Serialize(new double[] { clock.Elapsed.TotalSeconds, Environment.CpuUsage.TotalTime.TotalSeconds, process.PeakWorkingSet64 }));
            return 0;
        });
        return command;
    }

    private static async Task<int> RunAsync(int items, int lines, string folder, int runs, string chromium, CancellationToken cancellationToken)
    {
        var input = Path.Combine(folder, "input");
        Directory.CreateDirectory(input);
        try
        {
            Stopclock.PrintMachine();
            var maker = new ReportMaker(items, lines);
            await maker.WriteAsync(new FolderArtifactStore(input), cancellationToken).ConfigureAwait(false);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{items} items, {maker.Lines} lines of symbols, functions and strings; index and packed details {Bytes(input) / 1e6:0.0} MB, load {Load()}"));
            foreach (var format in new[] { "json", "markdown", "html", "markdown,html,json" })
            {
                // Nothing is deleted between runs: ext4 goes over every inode that was deleted within five seconds when a file is made.
                var results = Enumerable.Range(0, runs).Select(run => RunChild(input, Path.Combine(folder, $"{format}-{run}"), format)).OrderBy(result => result.Seconds).ToArray();
                var (seconds, processor, _, bytes) = results[runs / 2];
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {format,-20} {seconds,6:0.00} s (median of {runs})  {processor,6:0.00} s of processor time  {bytes / 1e6,7:0.0} MB written  peak {results.Max(run => run.Peak) / 1e6,5:0} MB resident"));
            }

            if (File.Exists(chromium))
            {
                await BrowserTimes.PrintAsync(Path.Combine(folder, "html-0", "report.html"), chromium, runs).ConfigureAwait(false);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static (double Seconds, double Processor, double Peak, long Bytes) RunChild(string input, string output, string formats)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [RunName, input, output, formats]) { RedirectStandardOutput = true })!;
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var figures = process.ExitCode == 0 ? JsonSerializer.Deserialize<double[]>(line)! : throw new InvalidOperationException($"{RunName} ended with {process.ExitCode}");
        return (figures[0], figures[1], figures[2], Bytes(output));
    }

    private static long Bytes(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
