using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using DurableTask.AzureStorage;
using DurableTask.Core;
using IpswDiff.Cloud;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Functions.Firmwares;
using IpswDiff.Functions.Runs;
using IpswDiff.Functions.Workflow;
using IpswDiff.Service;
using IpswDiff.Service.Tests;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>
/// The app as it is composed for the cloud, on the Azure Storage backend of Durable Task and on Azurite: firmwares in blobs, artifacts in
/// blobs, the catalogue in tables, the task hub in queues and tables. Only leases and timeouts are shorter than in host.json.
/// </summary>
public sealed class StorageHost : IAsyncDisposable
{
    /// <summary>Activities that a worker runs at once.</summary>
    public const int ActivitiesAtOnce = 2;

    private readonly ServiceProvider _services;
    private readonly AzureStorageOrchestrationService _backend;
    private TaskHubApi? _api;
    private TaskHubWorker? _worker;

    private StorageHost(string connection, string name, InputOptions inputs)
    {
        Name = name;
        Connection = connection;
        var cloud = new CloudOptions
        {
            ConnectionString = connection,
            FirmwareContainer = name + "-firmwares",
            ArtifactContainer = name + "-artifacts",
            RunTable = name + "runs",
            FirmwareTable = name + "firmwares",
            ActivityTable = name + "activities",
            RetryDelay = TimeSpan.FromMilliseconds(10),
            LongestRetryDelay = TimeSpan.FromMilliseconds(100),
        };
        Options = new FunctionsOptions
        {
            Budget = MemoryBudget.Divide(256L << 20, 2),
            MaxConcurrency = 4,
            RunRetention = TimeSpan.FromDays(30),
            UnpackedRetention = TimeSpan.FromDays(7),
            Storage = cloud,
            Inputs = inputs,
        };
        Storage = CloudStorage.Open(cloud);
        _backend = new AzureStorageOrchestrationService(new AzureStorageOrchestrationServiceSettings
        {
            StorageAccountClientProvider = new StorageAccountClientProvider(connection),
            TaskHubName = name,
            PartitionCount = 1,
            ExtendedSessionsEnabled = false,
            MaxConcurrentTaskActivityWorkItems = ActivitiesAtOnce,
            MaxConcurrentTaskOrchestrationWorkItems = 5,
            MaxQueuePollingInterval = TimeSpan.FromMilliseconds(200),
            ControlQueueVisibilityTimeout = TimeSpan.FromSeconds(5),
            WorkItemQueueVisibilityTimeout = TimeSpan.FromSeconds(5),
            LeaseAcquireInterval = TimeSpan.FromSeconds(1),
            LeaseRenewInterval = TimeSpan.FromSeconds(1),
            LeaseInterval = TimeSpan.FromSeconds(4),
            UseTablePartitionManagement = true,
            UseAppLease = false,
            WorkerId = Guid.NewGuid().ToString("N"),
        });
        var services = new ServiceCollection().AddLogging().AddIpswDiff(Options, Storage);
        services.AddSingleton(_ => new FirmwareFetcher(Storage.Firmwares, Options.Service, new LoopbackRules()));
        _services = services.BuildServiceProvider();
    }

    /// <summary>What every name of it begins with.</summary>
    public string Name { get; }

    public string Connection { get; }

    public FunctionsOptions Options { get; }

    public CloudStorage Storage { get; }

    public IRunStores Stores => _services.GetRequiredService<IRunStores>();

    public IRunCatalog Catalog => Storage.Catalog;

    /// <summary>The client that functions are given.</summary>
    public DurableTaskClient Client => _api!.Client;

    public FirmwareDrop Drop => _services.GetRequiredService<FirmwareDrop>();

    public RunPurge Purge => ActivatorUtilities.CreateInstance<RunPurge>(_services);

    public InProcessWorkflowEngine InProcess => new(_services.GetRequiredService<DiffActivities>());

    /// <summary>How often each shard was tried here.</summary>
    public ConcurrentDictionary<int, int> Attempts { get; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Makes everything; no worker runs yet.</summary>
    /// <param name="azurite">Where.</param>
    /// <param name="inputs">How firmwares are opened, if otherwise than without any key.</param>
    public static async Task<StorageHost> CreateAsync(AzuriteFixture azurite, InputOptions? inputs = null)
    {
        var host = await OpenAsync(azurite.Connect(), AzuriteFixture.NewName(), inputs);
        await host.Storage.PrepareAsync(Token);
        await host._backend.CreateIfNotExistsAsync();
        return host;
    }

    /// <summary>What another process has made.</summary>
    public static async Task<StorageHost> OpenAsync(string connection, string name, InputOptions? inputs = null)
    {
        var host = new StorageHost(connection, name, inputs ?? new InputOptions());
        host._api = await TaskHubApi.StartAsync(host._backend, Token);
        return host;
    }

    /// <summary>Starts a worker. <paramref name="before"/> is asked before each attempt at a shard, and may throw or wait.</summary>
    public async Task WorkAsync(Func<ShardReference, int, Task>? before = null, Action<OrchestrationRuntimeState, OrchestratorExecutionResult>? watch = null)
    {
        var functions = ActivatorUtilities.CreateInstance<ActivityFunctions>(_services);
        _worker = new TaskHubWorker(_backend, NullLoggerFactory.Instance) { ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails };
        _worker.AddTaskOrchestrations(WorkflowTasks.Orchestrators);
        _worker.AddTaskActivities(WorkflowTasks.Activities(functions, Fetch(TimeSpan.FromMinutes(1)), ActivatorUtilities.CreateInstance<RunStates>(_services), async shard =>
        {
            var attempt = Attempts.AddOrUpdate(shard.Number, 1, (_, tried) => tried + 1);
            await (before?.Invoke(shard, attempt) ?? Task.CompletedTask);
            return await functions.CompareAsync(shard, CancellationToken.None);
        }));
        if (watch is not null)
        {
            _worker.AddOrchestrationDispatcherMiddleware(async (context, next) =>
            {
                await next();
                watch(context.GetProperty<OrchestrationRuntimeState>(), context.GetProperty<OrchestratorExecutionResult>());
            });
        }

        await _worker.StartAsync();
    }

    /// <summary>What fetches firmwares, from servers on this machine, for so long at once.</summary>
    public FirmwareFetch Fetch(TimeSpan slice) => new(_services.GetRequiredService<FirmwareFetcher>(), _services.GetRequiredService<RunGate>()) { Slice = slice };

    /// <summary>Uploads firmwares of the sample pair.</summary>
    public Task UploadAsync(params string[] names) => UploadFromAsync(SamplePair.Folder, names);

    /// <summary>Uploads firmwares of a folder.</summary>
    public async Task UploadFromAsync(string folder, params string[] names)
    {
        var container = new BlobContainerClient(Connection, Options.Storage.FirmwareContainer);
        foreach (var name in names)
        {
            await container.GetBlobClient(name).UploadAsync(Path.Combine(folder, name), overwrite: true, Token);
        }
    }

    /// <summary>Keeps a request for the sample pair, which lies in the container then, and returns the run's name.</summary>
    public async Task<string> RequestAsync()
    {
        await UploadAsync(SamplePair.Old, SamplePair.New);
        return await RequestAsync(SamplePair.Old, SamplePair.New);
    }

    /// <summary>Keeps a request for two firmwares that lie in the container, and returns the run's name.</summary>
    public Task<string> RequestAsync(string old, string @new)
    {
        var now = DateTimeOffset.UtcNow;
        return RequestAsync(new RunRecord { Id = RunRecord.NewId(now), Old = old, New = @new, CreatedAt = now }, old, @new);
    }

    /// <summary>Keeps a request for two firmwares of these names in the container, and returns the run's name.</summary>
    public async Task<string> RequestAsync(RunRecord run, string old, string @new)
    {
        var request = new DiffRequest
        {
            Options = new DiffOptions { OldPath = old, NewPath = @new, Strings = true, Budget = Options.Budget, ShardBytes = 1 << 18 },
            Formats = ["markdown", "json"],
            MaxConcurrency = Options.MaxConcurrency,
        };
        await RunArtifacts.CreateRequestAsync(Stores.Work(run.Id), request, Token);
        await Catalog.TryAddRunAsync(run, Token);
        return run.Id;
    }

    public Task StartRunAsync(string id) => new DurableRunLauncher(Client).LaunchAsync(id, Token);

    /// <summary>Waits for the end of a run that was started.</summary>
    public async Task<RunOutcome> EndAsync(string id)
    {
        var ended = await Client.WaitForInstanceCompletionAsync(id, true, Token);
        Assert.True(ended.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{ended.RuntimeStatus} {ended.FailureDetails}");
        return ended.ReadOutputAs<RunOutcome>()!;
    }

    /// <summary>Names of the instances of a run, its parts with it.</summary>
    public async Task<List<OrchestrationMetadata>> InstancesAsync(string runId)
    {
        var instances = new List<OrchestrationMetadata>();
        await foreach (var instance in Client.GetAllInstancesAsync(new Microsoft.DurableTask.Client.OrchestrationQuery { InstanceIdPrefix = runId.Length == 0 ? null : runId }))
        {
            instances.Add(instance);
        }

        return instances;
    }

    /// <summary>Stops what answers the client.</summary>
    public Task StopApiAsync() => _api!.StopAsync();

    /// <summary>Stops the worker, if one runs.</summary>
    public async Task StopWorkAsync()
    {
        if (_worker is not null)
        {
            await _worker.StopAsync(isForced: true);
            _worker.Dispose();
            _worker = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopWorkAsync();

        await _api!.DisposeAsync();
        await _services.DisposeAsync();
    }
}
