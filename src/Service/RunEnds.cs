using System.Globalization;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Service;

/// <summary>What the catalogue is told when a run has ended, whatever ran it.</summary>
public static class RunEnds
{
    /// <summary>
    /// The record of a run that ended with <paramref name="outcome"/>, as far as <paramref name="progress"/> says.
    /// </summary>
    /// <param name="record">The record before.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="progress">How far it was; null where it did not get that far.</param>
    /// <param name="endedAt">When.</param>
    public static RunRecord Of(RunRecord record, RunOutcome outcome, DiffProgress? progress, DateTimeOffset endedAt)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var (state, reason) = outcome switch
        {
            { Failure: { } failure } => (RunState.Failed, failure),
            { IsIncomplete: true } => (RunState.CompletedWithErrors, "sections are incomplete; the report says which and why"),
            _ => (RunState.Completed, null),
        };
        return RunProgress.Of(record, progress) with { State = state, Reason = reason, Phase = null, PhaseSince = null, EndedAt = endedAt };
    }

    /// <summary>Records what each part of a run took, as its report says; what is recorded already stays.</summary>
    /// <exception cref="IOException">Storage failed, or there is no report.</exception>
    public static async Task RecordActivitiesAsync(IRunCatalog catalog, IRunStores stores, string runId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(stores);
        var run = (await RunArtifacts.ReadHeadAsync(stores.Work(runId), cancellationToken).ConfigureAwait(false)).Run;
        foreach (var activity in run.Activities)
        {
            await catalog.TryAddActivityAsync(
                new ActivityRecord
                {
                    RunId = runId,
                    Name = activity.Name,
                    Result = string.Create(CultureInfo.InvariantCulture, $$"""{"items":{{activity.Items}},"bytes":{{activity.Bytes}}}"""),
                    StartedAt = run.StartedAt,
                    Seconds = activity.DurationSeconds,
                    PeakWorkingSetBytes = activity.PeakWorkingSetBytes,
                },
                cancellationToken).ConfigureAwait(false);
        }
    }
}
