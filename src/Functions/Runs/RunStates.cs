using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Service;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Functions.Runs;

/// <summary>A run that goes on.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Addresses">Where firmwares of it have to be fetched from; null or empty where they are there.</param>
public sealed record RunStart(string RunId, IReadOnlyList<string>? Addresses);

/// <summary>How a run ended, for the catalogue.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Progress">How far it was; null where it did not get that far.</param>
public sealed record RunEnd(string RunId, RunOutcome Outcome, DiffProgress? Progress);

/// <summary>Keeps the catalogue in step with the orchestrations.</summary>
/// <param name="catalog">The catalogue.</param>
/// <param name="stores">Where the reports lie.</param>
/// <param name="logger">Where ends of runs are logged.</param>
public sealed class RunStates(IRunCatalog catalog, IRunStores stores, ILogger<RunStates> logger)
{
    /// <summary>The activity that marks a run as running.</summary>
    public const string Started = "RunStarted";

    /// <summary>The activity that marks a run as ended.</summary>
    public const string Ended = "RunEnded";

    /// <summary>When the two are tried again: for several minutes, because a run without an end is never purged.</summary>
    public static TaskOptions Retry { get; } = TaskOptions.FromRetryPolicy(new RetryPolicy(8, TimeSpan.FromSeconds(2), backoffCoefficient: 2));

    /// <summary>Marks a run as running.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    [Function(Started)]
    public async Task<RunStart> StartedAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var record = await catalog.UpdateRunAsync(
            run.RunId,
            record => record.State == RunState.Queued ? record with { State = RunState.Running, StartedAt = DateTimeOffset.UtcNow } : null,
            cancellationToken).ConfigureAwait(false);
        return new RunStart(run.RunId, record is null ? null : FirmwareFetcher.AddressesOf(record));
    }

    /// <summary>Marks a run as ended.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    [Function(Ended)]
    public async Task<RunReference> EndedAsync([ActivityTrigger] RunEnd end, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(end);
        if (end.Outcome.Failure is null)
        {
            await RunEnds.RecordActivitiesAsync(catalog, stores, end.RunId, cancellationToken).ConfigureAwait(false);
        }

        var run = await catalog.UpdateRunAsync(
            end.RunId,
            record => record.HasEnded ? null : RunEnds.Of(record, end.Outcome, end.Progress, DateTimeOffset.UtcNow),
            cancellationToken).ConfigureAwait(false);
        if (run?.Reason is not { } reason)
        {
            RunLog.Ended(logger, end.RunId, end.Outcome.IsDifferent);
        }
        else
        {
            RunLog.Failed(logger, end.RunId, reason);
        }

        return new RunReference(end.RunId);
    }
}
