using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using IpswDiff.Cloud;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Cli;

/// <summary>
/// Where the artifacts of a run lie: in a temporary folder, or where the user said, so that the same command finds
/// again what an interrupted run has done. Whoever ends a run there removes it, while others may still be at it: a run
/// has a pointer, which names the folder of its artifacts and goes first. What was read while the pointer stood is
/// whole.
/// </summary>
internal sealed class RunPlace : IDisposable
{
    private const string OnlyRun = "run";

    // A file of a report is small: what it costs is the way to storage and back.
    private const int CopiesAtOnce = 8;

    private readonly IArtifactStore? _lasting;
    private readonly string? _pointer;
    private readonly TemporaryFolder? _temporary;

    private RunPlace(
        IRunStores stores, string runId, IArtifactStore? lasting, string? pointer, TemporaryFolder? temporary)
    {
        Stores = stores;
        RunId = runId;
        _lasting = lasting;
        _pointer = pointer;
        _temporary = temporary;
    }

    /// <summary>The stores of the run.</summary>
    public IRunStores Stores { get; }

    /// <summary>The run's name in them.</summary>
    public string RunId { get; }

    /// <summary>Finds the place of a run.</summary>
    /// <param name="request">What the run is asked for.</param>
    /// <param name="output">Where the report goes in the end, or null.</param>
    /// <param name="work">The folder for resumable runs, or null.</param>
    /// <param name="storage">The connection string of a storage account, or null.</param>
    /// <param name="isShared">
    /// Whether the same command finds the run again; one that others keep removing has a place of its own in the end.
    /// </param>
    /// <param name="cancellationToken">Ends waiting for storage.</param>
    /// <exception cref="ArgumentException">Both places are given, or the connection string is none.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public static async Task<RunPlace> OpenAsync(
        DiffRequest request,
        IArtifactStore? output,
        string? work,
        string? storage,
        bool isShared,
        CancellationToken cancellationToken)
    {
        if (work is not null && storage is not null)
        {
            throw new ArgumentException("--work and --storage both name the place of the run's results; give one of them");
        }

        if (work is not null)
        {
            return await LastingAsync(new FolderArtifactStore(work), output, request, isShared, cancellationToken);
        }

        if (storage is not null)
        {
            var cloud = CloudStorage.Open(new CloudOptions { ConnectionString = storage });
            await cloud.PrepareAsync(cancellationToken);
            return await LastingAsync(cloud.Artifacts, output, request, isShared, cancellationToken);
        }

        var temporary = TemporaryFolder.Create();
        var store = new FolderArtifactStore(temporary.Path);
        return new RunPlace(new SingleRunStores(store, output ?? store), OnlyRun, null, null, temporary);
    }

    /// <summary>Brings the details of items to where the report is; the run has come to its end.</summary>
    /// <exception cref="IOException">Reading or writing failed; the same command goes on from here.</exception>
    public async Task BringDetailsAsync(IArtifactStore output, CancellationToken cancellationToken)
    {
        if (_lasting is null)
        {
            return;
        }

        var report = Stores.Report(RunId);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = CopiesAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(report.ListAsync(ArtifactNames.ItemsFolder + "/", cancellationToken), parallel, async (name, token) =>
        {
            if (!await report.TryCopyAsync(name, output, token))
            {
                throw new IOException($"{name} has gone from the run's report");
            }
        });
    }

    /// <summary>
    /// Whether another process has ended the same run and may have removed artifacts of it: what was read since is
    /// worth nothing.
    /// </summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<bool> IsRemovedAsync(CancellationToken cancellationToken) =>
        _pointer is not null && await ReadAsync(_lasting!, _pointer, cancellationToken) != RunId;

    /// <summary>Removes what the run left; nobody will resume it.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (_lasting is not null)
        {
            // Another may have begun the run anew meanwhile, under another name.
            if (_pointer is not null && await ReadAsync(_lasting, _pointer, cancellationToken) == RunId)
            {
                await _lasting.DeleteAsync(_pointer, cancellationToken);
            }

            await _lasting.DeleteAllAsync(SharedRunStores.Scope(RunId) + "/", cancellationToken);
        }
    }

    public void Dispose() => _temporary?.Dispose();

    private static async Task<RunPlace> LastingAsync(
        IArtifactStore store,
            IArtifactStore? output, DiffRequest request, bool isShared, CancellationToken cancellationToken)
    {
        IRunStores stores = output is null ? new SharedRunStores(store) : new ReportedRunStores(store, output);
        var name = NameOf(request);
        var own = $"{name}-{Guid.NewGuid():N}";
        if (!isShared)
        {
            return new RunPlace(stores, own, store, null, null);
        }

        var pointer = SharedRunStores.Scope(name) + ".current";
        while (true)
        {
            if (await ReadAsync(store, pointer, cancellationToken) is { } current)
            {
                return new RunPlace(stores, current, store, pointer, null);
            }

            await store.TryCreateAsync(
                pointer, (stream, token) =>
                    stream.WriteAsync(Encoding.ASCII.GetBytes(own), token).AsTask(), cancellationToken);
        }
    }

    private static async Task<string?> ReadAsync(
        IArtifactStore store, string pointer, CancellationToken cancellationToken)
    {
        await using var stream = await store.TryOpenAsync(pointer, cancellationToken);
        if (stream is null)
        {
            return null;
        }

        using var text = new StreamReader(stream, Encoding.ASCII);
        return await text.ReadToEndAsync(cancellationToken);
    }

    // The same command on the same files has the same name; files that were replaced meanwhile make it another run.
    private static string NameOf(DiffRequest request)
    {
        var text = new StringBuilder(JsonSerializer.Serialize(request, WorkflowJson.Compact.DiffRequest));
        text.Append('\n').Append(typeof(RunPlace).Assembly.ManifestModule.ModuleVersionId);
        foreach (var path in (string[])[request.Options.OldPath, request.Options.NewPath])
        {
            IEnumerable<FileInfo> files = Directory.Exists(path)
                ? new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(file => file.FullName, StringComparer.Ordinal)
                : [new FileInfo(path)];
            foreach (var file in files.Where(file => file.Exists))
            {
                text.Append(CultureInfo.InvariantCulture, $"\n{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}");
            }
        }

        return "diff-" + XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(text.ToString())).ToString("x32", CultureInfo.InvariantCulture);
    }

    // Details of items are found once and lie with the run. Pages are written anew by every process that comes as far,
    // so they go straight to where the user wants them.
    private sealed class ReportedRunStores(IArtifactStore lasting, IArtifactStore output) : IRunStores
    {
        private readonly SharedRunStores _shared = new(lasting);

        public IArtifactStore Work(string runId) => _shared.Work(runId);

        public IArtifactStore Report(string runId) => new SplitArtifactStore(ArtifactNames.ItemsFolder, _shared.Report(runId), output);

        public IArtifactStore Firmware(string firmwareId) => _shared.Firmware(firmwareId);
    }
}
