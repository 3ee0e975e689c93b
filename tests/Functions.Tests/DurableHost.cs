using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Functions.Firmwares;
using IpswDiff.Functions.Http;
using IpswDiff.Functions.Runs;
using IpswDiff.Functions.Workflow;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace IpswDiff.Functions.Tests;

/// <summary>The app's orchestrations and activities on the real Durable Task engine in this process, with folders as storage.</summary>
public sealed class DurableHost : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ipswdiff-functions-").FullName;
    private readonly DiffActivities _activities;

    private DurableHost(Func<ShardReference, int, Exception?> fault)
    {
        Artifacts = new FolderArtifactStore(Path.Combine(_folder, "artifacts"));
        Stores = new SharedRunStores(Artifacts);
        Catalog = new FolderRunCatalog(Path.Combine(_folder, "catalog"));
        FirmwareStore = new FolderFirmwareStore(SamplePair.Folder);
        Firmwares = new StoredFirmwares(FirmwareStore.Files, new InputOptions());
        Fault = fault;
        _activities = new DiffActivities(Firmwares, Stores);
        Options = new FunctionsOptions
        {
            Budget = MemoryBudget.Divide(256L << 20, 2),
            MaxConcurrency = 4,
            RunRetention = TimeSpan.FromDays(30),
            UnpackedRetention = TimeSpan.FromDays(7),
            Storage = new Cloud.CloudOptions(),
        };
    }

    public IArtifactStore Artifacts { get; }

    public IRunStores Stores { get; }

    public IRunCatalog Catalog { get; }

    public IFirmwareStore FirmwareStore { get; }

    public IFirmwareOpener Firmwares { get; }

    public FunctionsOptions Options { get; }

    public DurableTaskTestHost Engine { get; private set; } = null!;

    /// <summary>Everything that went into an activity or came out of one, as it travels.</summary>
    public ConcurrentBag<string> Messages { get; } = [];

    /// <summary>How often each shard was tried.</summary>
    public ConcurrentDictionary<int, int> Attempts { get; } = new();

    private Func<ShardReference, int, Exception?> Fault { get; }

    public FirmwareDrop Drop => new(new ServiceFactory(Catalog, Artifacts, FirmwareStore, Options), NullLogger<FirmwareDrop>.Instance);

    public RunPurge Purge => new(Catalog, Artifacts, Options, NullLogger<RunPurge>.Instance);

    /// <summary>Starts it. <paramref name="fault"/> says what goes wrong with a shard at its n-th attempt.</summary>
    public static async Task<DurableHost> StartAsync(Func<ShardReference, int, Exception?>? fault = null)
    {
        var host = new DurableHost(fault ?? ((_, _) => null));
        var functions = new ActivityFunctions(host._activities, new RunGate(host.Catalog));
        var states = new RunStates(host.Catalog, host.Stores, NullLogger<RunStates>.Instance);
        host.Engine = await StartEngineAsync(
            registry =>
            {
                registry.AddOrchestratorFunc(Orchestrations.Run, Orchestrations.RunAsync);
                registry.AddOrchestratorFunc<ShardRow, RowOutcome>(Orchestrations.Row, Orchestrations.RowAsync!);
                registry.AddOrchestratorFunc<UnpackRow, RowOutcome>(Orchestrations.Unpacking, Orchestrations.UnpackAsync!);
                host.Add<RunReference, RequestOutcome>(registry, DiffSteps.Begin.Name, functions.BeginAsync);
                host.Add<SideReference, OutlineOutcome>(registry, DiffSteps.Outline.Name, functions.OutlineAsync);
                host.Add<RangeReference, ShardOutcome>(registry, DiffSteps.Unpack.Name, functions.UnpackAsync);
                host.Add<SealInput, RunReference>(registry, DiffSteps.Seal.Name, functions.SealAsync);
                host.Add<RunReference, PlanOutcome>(registry, DiffSteps.Plan.Name, functions.PlanAsync);
                host.Add<ShardReference, ShardOutcome>(registry, DiffSteps.Compare.Name, host.CompareAsync(functions));
                host.Add<MergeInput, RunOutcome>(registry, DiffSteps.Merge.Name, functions.MergeAsync);
                host.Add<RunReference, RunReference>(registry, DiffSteps.Publish.Name, functions.PublishAsync);
                host.Add<RunReference, RunStart>(registry, RunStates.Started, states.StartedAsync);
                host.Add<RunEnd, RunReference>(registry, RunStates.Ended, states.EndedAsync);
            });
        return host;
    }

    /// <summary>Keeps a request for the sample pair and returns the run's name.</summary>
    public async Task<string> RequestAsync(long shardBytes = 1 << 20)
    {
        var id = RunRecord.NewId(DateTimeOffset.UtcNow);
        var request = new DiffRequest
        {
            Options = new DiffOptions { OldPath = SamplePair.Old, NewPath = SamplePair.New, Strings = true, Budget = Options.Budget, ShardBytes = shardBytes },
            Formats = ["markdown", "json"],
            MaxConcurrency = Options.MaxConcurrency,
        };
        await RunArtifacts.CreateRequestAsync(Stores.Work(id), request, Token);
        await Catalog.TryAddRunAsync(new RunRecord { Id = id, Old = SamplePair.Old, New = SamplePair.New, CreatedAt = DateTimeOffset.UtcNow }, Token);
        return id;
    }

    /// <summary>Runs it on the Durable Task engine to its end.</summary>
    public async Task<RunOutcome> RunAsync(string id)
    {
        await Engine.Client.ScheduleNewOrchestrationInstanceAsync(Orchestrations.Run, null, new StartOrchestrationOptions(id), Token);
        var ended = await Engine.Client.WaitForInstanceCompletionAsync(id, true, Token);
        Assert.True(ended.RuntimeStatus == Microsoft.DurableTask.Client.OrchestrationRuntimeStatus.Completed, ended.FailureDetails?.ToString());
        return ended.ReadOutputAs<RunOutcome>()!;
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _activities.Dispose();
        Directory.Delete(_folder, true);
    }

    // The engine takes a port by lot where none is given, and its hosts log to the console unless the environment says otherwise.
    private static async Task<DurableTaskTestHost> StartEngineAsync(Action<DurableTaskRegistry> registry)
    {
        Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "None");
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await DurableTaskTestHost.StartAsync(
                    registry, new DurableTaskTestHostOptions { LoggerFactory = NullLoggerFactory.Instance, Port = FreePort() }, Token);
            }
            catch (IOException) when (attempt < 3)
            {
                // Another process was faster.
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Func<ShardReference, CancellationToken, Task<ShardOutcome>> CompareAsync(ActivityFunctions functions) => (shard, token) =>
    {
        var attempt = Attempts.AddOrUpdate(shard.Number, 1, (_, before) => before + 1);
        return Fault(shard, attempt) is { } fault ? throw fault : functions.CompareAsync(shard, token);
    };

    private void Add<TInput, TResult>(DurableTaskRegistry registry, string name, Func<TInput, CancellationToken, Task<TResult>> activity) =>
        registry.AddActivityFunc<TInput, TResult>(name, async (_, input) =>
        {
            Messages.Add(JsonSerializer.Serialize(input));
            var result = await activity(input, CancellationToken.None);
            Messages.Add(JsonSerializer.Serialize(result));
            return result;
        });
}
