using System.Collections.Concurrent;
using System.Threading.Channels;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Service;

/// <summary>
/// Runs comparisons in this process, one after the other, because a comparison takes the whole memory budget. Runs that
/// were going on or waiting when the process ended are run again at the next start; what their activities had left is
/// not done twice.
/// </summary>
public sealed partial class InProcessRunLauncher : BackgroundService, IRunLauncher
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(250);

    private readonly IRunCatalog _catalog;
    private readonly SharedRunStores _stores;
    private readonly IFirmwareStore _firmwares;
    private readonly InputOptions _inputs;
    private readonly DiffActivities _activities;
    private readonly FirmwareFetcher _fetcher;
    private readonly TimeProvider _time;
    private readonly RunLeases _leases;
    private readonly IArtifactStore _artifacts;
    private readonly ILogger<InProcessRunLauncher> _log;
    private readonly Channel<string> _queue = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, byte> _queued = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<ReadOnlyMemory<byte>>> _keys =
        new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private Current? _current;

    /// <summary>Prepares the launcher; it works between <c>StartAsync</c> and <c>StopAsync</c>.</summary>
    /// <param name="catalog">The catalogue.</param>
    /// <param name="artifacts">Where the artifacts of runs lie.</param>
    /// <param name="firmwares">Where firmwares lie.</param>
    /// <param name="options">Where firmwares may be fetched from.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told why runs fail, with all that is known.</param>
    public InProcessRunLauncher(
        IRunCatalog catalog, IArtifactStore artifacts, IFirmwareStore firmwares, ServiceOptions options, TimeProvider time, ILogger<InProcessRunLauncher> log)
    {
        _catalog = catalog;
        _stores = new SharedRunStores(artifacts);
        (_firmwares, _inputs) = (firmwares, options.Inputs);
        _activities = Activities(_inputs);
        _fetcher = new FirmwareFetcher(firmwares, options);
        _time = time;
        _leases = new RunLeases(time);
        _artifacts = artifacts;
        _log = log;
    }

    /// <inheritdoc/>
    public bool TryKeepKeys(string runId, IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        _keys[runId] = keys;
        return true;
    }

    /// <inheritdoc/>
    public async Task LaunchAsync(string runId, CancellationToken cancellationToken)
    {
        if (_queued.TryAdd(runId, 0))
        {
            await _queue.Writer.WriteAsync(runId, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task CancelAsync(string runId, CancellationToken cancellationToken)
    {
        Current? stopped;
        lock (_gate)
        {
            stopped = _current?.RunId == runId ? _current : null;
        }

        // Whoever is told runs on the caller's thread.
        return stopped is null ? Task.CompletedTask : stopped.StopAsync();
    }

    /// <inheritdoc/>
    public Task<LaunchedRun> FindAsync(string runId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(
                _current?.RunId == runId ? new LaunchedRun(LaunchState.Active, _current.Watch.Latest)
                : new LaunchedRun(_queued.ContainsKey(runId) ? LaunchState.Active : LaunchState.Absent));
        }
    }

    /// <inheritdoc/>
    public Task PurgeAsync(string runId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_current?.RunId == runId)
            {
                _current.IsUnwanted = true;
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _activities.Dispose();
        _fetcher.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await LaunchLeftAsync(stoppingToken).ConfigureAwait(false);
        var looking = LookForLeftAsync(stoppingToken);
        try
        {
            await RunQueuedAsync(stoppingToken).ConfigureAwait(false);
        }
        finally
        {
            await looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Runs that nobody works for: of processes that died before this one began, or of others on the same storage.
    private async Task LaunchLeftAsync(CancellationToken stoppingToken)
    {
        var left = new List<string>();
        await foreach (var run in _catalog.ListRunsBeforeAsync(_time.GetUtcNow().AddSeconds(1), stoppingToken).ConfigureAwait(false))
        {
            if (!run.HasEnded && !_leases.IsTaken(run))
            {
                left.Add(run.Id);
            }
        }

        foreach (var runId in Enumerable.Reverse(left))
        {
            await LaunchAsync(runId, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task LookForLeftAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(RunLeases.RenewEvery, _time, stoppingToken).ConfigureAwait(false);
            try
            {
                await LaunchLeftAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // Storage that fails now is asked again in a moment.
            }
        }
    }

    private async Task RunQueuedAsync(CancellationToken stoppingToken)
    {
        await foreach (var runId in _queue.Reader.ReadAllAsync(stoppingToken).ConfigureAwait(false))
        {
            using var current = new Current(runId, stoppingToken);
            lock (_gate)
            {
                _current = current;
            }

            try
            {
                await RunAsync(current, stoppingToken).ConfigureAwait(false);
            }
            finally
            {
                lock (_gate)
                {
                    _current = null;
                }

                _queued.TryRemove(runId, out _);
                _keys.TryRemove(runId, out _);
            }

            if (current.IsUnwanted)
            {
                await RemoveAsync(runId, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private DiffActivities Activities(InputOptions inputs) =>
        new(new StoredFirmwares(_firmwares.Files, inputs), _stores);

    // It was removed while it stopped: what it wrote meanwhile goes as well.
    private async Task RemoveAsync(string runId, CancellationToken cancellationToken)
    {
        try
        {
            await _artifacts.DeleteAllAsync(SharedRunStores.Scope(runId) + "/", cancellationToken)
                .ConfigureAwait(false);
        }
        catch (IOException fault)
        {
            NotRemoved(_log, runId, fault.Message);
        }
    }

    private async Task RunAsync(Current current, CancellationToken stoppingToken)
    {
        var (runId, watch, cancellationToken) = (current.RunId, current.Watch, current.Stop.Token);
        try
        {
            var run = await _catalog.UpdateRunAsync(
                runId,
                record => record.HasEnded || _leases.IsTaken(record)
                    ? null
                    : _leases.Taken(record) with
                    {
                        State = RunState.Running,
                        StartedAt = record.StartedAt
                        ?? _time.GetUtcNow()
                    },
                cancellationToken).ConfigureAwait(false);
            if (run is null || run.HasEnded || _leases.IsTaken(run))
            {
                return;
            }

            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var recording = RecordProgressAsync(current, over.Token);
            RunOutcome outcome;
            try
            {
                await _fetcher.FetchAsync(run, (done, total) => watch.Report(new DiffProgress("fetch", done, total, 0, 0)), cancellationToken).ConfigureAwait(false);
                using var own = _keys.TryGetValue(runId, out var keys) ? Activities(_inputs.With(keys)) : null;
                outcome = await new InProcessWorkflowEngine(own ?? _activities, watch)
                    .RunAsync(runId, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await over.CancelAsync().ConfigureAwait(false);
                await recording.ConfigureAwait(false);
            }

            if (outcome.Failure is null)
            {
                await RunEnds.RecordActivitiesAsync(_catalog, _stores, runId, cancellationToken).ConfigureAwait(false);
            }

            await EndAsync(runId, record => RunEnds.Of(record, outcome, watch.Latest, _time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends: the record stays as it is but for who works for it, so that the next one resumes the
            // run.
            await ReleaseAsync(runId).ConfigureAwait(false);
            throw;
        }
        catch (OperationCanceledException)
        {
            await EndAsync(runId, record => record with { State = RunState.Cancelled, EndedAt = _time.GetUtcNow() }, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            // Whatever it is belongs to this run and is told with it; a process that ended here would resume the run
            // and end again.
            Failed(_log, runId, fault);
            await EndAsync(runId, record => record with { State = RunState.Failed, Reason = fault.Message, EndedAt = _time.GetUtcNow() }, stoppingToken).ConfigureAwait(false);
        }
    }

    // An end that is not recorded would be a run that goes on for ever, and a process that ended for it would serve
    // nobody: it is tried until storage is back.
    private async Task EndAsync(string runId, Func<RunRecord, RunRecord> end, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await _catalog.UpdateRunAsync(
                    runId, record => record.HasEnded
                        ? null : end(record) with { Worker = null, WorkerUntil = null }, cancellationToken)
                    .ConfigureAwait(false);
                return;
            }
            catch (IOException fault)
            {
                NotRecorded(_log, runId, fault.Message);
            }

            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReleaseAsync(string runId)
    {
        try
        {
            await _catalog.UpdateRunAsync(runId, _leases.Released, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException fault)
        {
            // The lease ends on its own.
            NotRecorded(_log, runId, fault.Message);
        }
    }

    private async Task RecordProgressAsync(Current current, CancellationToken cancellationToken)
    {
        var watch = current.Watch;
        DiffProgress? written = null;
        var renewed = _time.GetUtcNow();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(ProgressEvery, _time, cancellationToken).ConfigureAwait(false);
                var latest = watch.Latest;
                if ((latest is not null && latest != written) || _time.GetUtcNow() - renewed > RunLeases.RenewEvery)
                {
                    var run = await _catalog.UpdateRunAsync(
                        current.RunId,
                        record => record.HasEnded || _leases.IsTaken(record)
                            ? null
                            : _leases.Taken(RunProgress.Of(record, latest)),
                        cancellationToken).ConfigureAwait(false);
                    (written, renewed) = (latest, _time.GetUtcNow());
                    if (run is null or { HasEnded: true })
                    {
                        // Another process was asked to end it.
                        current.IsUnwanted |= run is null;
                        await current.StopAsync().ConfigureAwait(false);
                        return;
                    }
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException)
            {
                // Progress that could not be written now is written next time; the run itself reports what is wrong
                // with storage.
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "run {RunId} failed")]
    private static partial void Failed(ILogger log, string runId, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the end of run {RunId} cannot be recorded yet: {Reason}")]
    private static partial void NotRecorded(ILogger log, string runId, string reason);

    [LoggerMessage(Level =
        LogLevel.Warning, Message = "what removed run {RunId} wrote last cannot be removed: {Reason}")]
    private static partial void NotRemoved(ILogger log, string runId, string reason);

    private sealed class Current(string runId, CancellationToken stoppingToken) : IDisposable
    {
        public string RunId { get; } = runId;

        public ProgressWatch Watch { get; } = new();

        public CancellationTokenSource Stop { get; } = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);

        /// <summary>Whether the run was removed while it went on.</summary>
        public bool IsUnwanted { get; set; }

        public void Dispose() => Stop.Dispose();

        public async Task StopAsync()
        {
            try
            {
                await Stop.CancelAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // It has just ended.
            }
        }
    }
}
