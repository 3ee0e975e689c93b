using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Unpacked;
using IpswDiff.Diffing.Workflow;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Functions.Runs;

/// <summary>Removes runs and unpacked firmwares past their retention, and marks those whose orchestration died without saying so.</summary>
/// <param name="catalog">The catalogue.</param>
/// <param name="artifacts">What runs left in storage.</param>
/// <param name="options">How long they are kept.</param>
/// <param name="logger">Where it is logged.</param>
public sealed class RunPurge(IRunCatalog catalog, IArtifactStore artifacts, FunctionsOptions options, ILogger<RunPurge> logger)
{
    // A run that was just asked for may not have its orchestration yet.
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private static readonly OrchestrationRuntimeStatus[] Ended =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    /// <summary>The function.</summary>
    [Function("PurgeRuns")]
    public Task RunAsync(
        [TimerTrigger($"%{AppSettings.PurgeSchedule}%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        PurgeAsync(client, DateTimeOffset.UtcNow, cancellationToken);

    /// <summary>Does it as of <paramref name="now"/>; may be interrupted and called again.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task PurgeAsync(DurableTaskClient client, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        await foreach (var run in catalog.ListRunsBeforeAsync(now - Grace, cancellationToken).ConfigureAwait(false))
        {
            if (!run.HasEnded && await FindDeathAsync(client, run.Id, cancellationToken).ConfigureAwait(false) is { } reason)
            {
                // Marked first: from then on nothing more is done for it, whether its parts hear that they are to end or not.
                await catalog.UpdateRunAsync(
                    run.Id,
                    record => record.HasEnded ? null : record with { State = RunState.Failed, Reason = reason, EndedAt = now },
                    cancellationToken).ConfigureAwait(false);
                RunLog.Failed(logger, run.Id, reason);
                await TryAsync(
                    run.Id, () => DurableRuns.TerminateAsync(client, run.Id, DurableRuns.Patience, cancellationToken), cancellationToken).ConfigureAwait(false);
            }
        }

        var purged = 0;
        await foreach (var run in catalog.ListRunsBeforeAsync(now - options.RunRetention, cancellationToken).ConfigureAwait(false))
        {
            purged += run.HasEnded && await TryAsync(run.Id, () => RemoveAsync(client, run.Id, cancellationToken), cancellationToken).ConfigureAwait(false) ? 1 : 0;
        }

        // Parts whose message was still in the queue when their run was removed have come up since, done nothing, and left their history.
        // The extension takes no filter without a beginning.
        var left = new PurgeInstancesFilter(DateTimeOffset.UnixEpoch, now - options.RunRetention, Ended);
        await DurableCalls.RunAsync(() => client.PurgeAllInstancesAsync(left, cancellationToken), cancellationToken).ConfigureAwait(false);
        var unpacked = await UnpackedFirmwares.PurgeAsync(artifacts, now - options.UnpackedRetention, cancellationToken).ConfigureAwait(false);
        RunLog.Purged(logger, purged, unpacked);
    }

    private async Task RemoveAsync(DurableTaskClient client, string runId, CancellationToken cancellationToken)
    {
        await DurableRuns.PurgeAsync(client, runId, cancellationToken).ConfigureAwait(false);
        await artifacts.DeleteAllAsync(SharedRunStores.Scope(runId) + "/", cancellationToken).ConfigureAwait(false);
        await catalog.DeleteRunAsync(runId, cancellationToken).ConfigureAwait(false);
    }

    // One run that does not end holds up none of the others; the next hour tries it again.
    private async Task<bool> TryAsync(string runId, Func<Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work().ConfigureAwait(false);
            return true;
        }
        catch (IOException fault) when (!cancellationToken.IsCancellationRequested)
        {
            RunLog.NotPurged(logger, runId, fault.Message);
            return false;
        }
    }

    private static async Task<string?> FindDeathAsync(DurableTaskClient client, string runId, CancellationToken cancellationToken)
    {
        var instance = await DurableCalls.RunAsync(() => client.GetInstanceAsync(runId, cancellationToken), cancellationToken).ConfigureAwait(false);
        return instance?.RuntimeStatus switch
        {
            null => "its orchestration is gone",
            OrchestrationRuntimeStatus.Failed => "its orchestration failed: " + (instance.FailureDetails?.ErrorMessage ?? "no reason is known"),
            OrchestrationRuntimeStatus.Terminated => "its orchestration was terminated",
            _ => null,
        };
    }
}
