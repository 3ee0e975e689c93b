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
                await DurableRuns.TerminateAsync(client, run.Id, cancellationToken).ConfigureAwait(false);
                await catalog.UpdateRunAsync(
                    run.Id,
                    record => record.HasEnded ? null : record with { State = RunState.Failed, Reason = reason, EndedAt = now },
                    cancellationToken).ConfigureAwait(false);
                RunLog.Failed(logger, run.Id, reason);
            }
        }

        var purged = await catalog.PurgeRunsAsync(
            now - options.RunRetention,
            async (run, token) =>
            {
                await DurableRuns.PurgeAsync(client, run.Id, token).ConfigureAwait(false);
                await artifacts.DeleteAllAsync(SharedRunStores.Scope(run.Id) + "/", token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        var unpacked = await UnpackedFirmwares.PurgeAsync(artifacts, now - options.UnpackedRetention, cancellationToken).ConfigureAwait(false);
        RunLog.Purged(logger, purged, unpacked);
    }

    private static async Task<string?> FindDeathAsync(DurableTaskClient client, string runId, CancellationToken cancellationToken)
    {
        var instance = await client.GetInstanceAsync(runId, cancellationToken).ConfigureAwait(false);
        return instance?.RuntimeStatus switch
        {
            null => "its orchestration is gone",
            OrchestrationRuntimeStatus.Failed => "its orchestration failed: " + (instance.FailureDetails?.ErrorMessage ?? "no reason is known"),
            OrchestrationRuntimeStatus.Terminated => "its orchestration was terminated",
            _ => null,
        };
    }
}
