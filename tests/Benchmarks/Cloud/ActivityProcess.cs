using System.CommandLine;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using IpswDiff.Cloud;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;

namespace IpswDiff.Benchmarks.Cloud;

/// <summary>What one activity cost in a process of its own.</summary>
/// <param name="Result">What it returned, as JSON.</param>
/// <param name="PeakBytes">The most memory the process held, in bytes of resident set.</param>
/// <param name="Seconds">How long the activity took, without the start of the process.</param>
/// <param name="ProcessorSeconds">Processor time of the whole process.</param>
/// <param name="Requests">Requests to storage by method.</param>
internal sealed record ActivityCost(string Result, long PeakBytes, double Seconds, double ProcessorSeconds, IReadOnlyDictionary<string, int> Requests);

/// <summary>One activity in the process that is measured, as an instance of a function app would run it.</summary>
internal static class ActivityProcess
{
    /// <summary>The store is named in the environment, because a connection string may hold a key.</summary>
    internal const string StoreVariable = "IPSWDIFF_BENCH_STORE";

    internal const string Name = "activity";

    internal static Command CreateRun()
    {
        var (activity, input) = (new Argument<string>("ACTIVITY"), new Argument<string>("INPUT"));
        var command = new Command(Name, "One activity of the cloud benchmark.") { activity, input };
        command.Hidden = true;
        command.SetAction((parsed, token) => RunAsync(parsed.GetValue(activity)!, parsed.GetValue(input)!, token));
        return command;
    }

    /// <summary>The store that a folder's path or a connection string names.</summary>
    internal static IArtifactStore OpenStore(string place) =>
        Path.IsPathRooted(place) ? new FolderArtifactStore(place) : CloudStorage.Open(new CloudOptions { ConnectionString = place }).Artifacts;

    private static async Task RunAsync(string activity, string input, CancellationToken cancellationToken)
    {
        using var requests = new RequestCount();
        var store = OpenStore(Environment.GetEnvironmentVariable(StoreVariable)!);
        var started = Stopwatch.GetTimestamp();
        string result;
        using (var activities = new DiffActivities(new StoredFirmwares(store, new InputOptions()), new SharedRunStores(store)))
        {
            var step = DiffSteps.All.FirstOrDefault(step => step.Name == activity)
                ?? throw new ArgumentException($"there is no activity {activity}", nameof(activity));
            result = await step.RunAsync(activities, input, cancellationToken);
        }

        using var process = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new ActivityCost(
            result, process.PeakWorkingSet64, Stopwatch.GetElapsedTime(started).TotalSeconds, Environment.CpuUsage.TotalTime.TotalSeconds, requests.ByMethod)));
    }

    /// <summary>Counts the requests that the runtime's own client sends.</summary>
    private sealed class RequestCount : IDisposable
    {
        private readonly ConcurrentDictionary<string, int> _byMethod = new(StringComparer.Ordinal);
        private readonly MeterListener _listener = new();

        public RequestCount()
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.request.duration" })
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
            {
                foreach (var tag in tags)
                {
                    if (tag.Key == "http.request.method")
                    {
                        _byMethod.AddOrUpdate((string)tag.Value!, 1, static (_, count) => count + 1);
                    }
                }
            });
            _listener.Start();
        }

        public IReadOnlyDictionary<string, int> ByMethod => new SortedDictionary<string, int>(_byMethod, StringComparer.Ordinal);

        public void Dispose() => _listener.Dispose();
    }
}
