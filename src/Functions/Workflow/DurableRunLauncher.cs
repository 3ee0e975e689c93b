using IpswDiff.Diffing;
using IpswDiff.Service;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Workflow;

/// <summary>Runs comparisons as orchestrations, each under the run's name.</summary>
/// <param name="client">The client of Durable Functions.</param>
public sealed class DurableRunLauncher(DurableTaskClient client) : IRunLauncher
{
    /// <inheritdoc/>
    public async Task LaunchAsync(string runId, CancellationToken cancellationToken)
    {
        if (await client.GetInstanceAsync(runId, cancellationToken).ConfigureAwait(false) is null)
        {
            await client.ScheduleNewOrchestrationInstanceAsync(Orchestrations.Run, null, new StartOrchestrationOptions(runId), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Activities that have begun come to their end; no new one begins.</remarks>
    public async Task CancelAsync(string runId, CancellationToken cancellationToken)
    {
        if (await client.GetInstanceAsync(runId, cancellationToken).ConfigureAwait(false) is { IsCompleted: false })
        {
            await client.TerminateInstanceAsync(runId, new TerminateInstanceOptions(Recursive: true), cancellationToken).ConfigureAwait(false);
            await client.WaitForInstanceCompletionAsync(runId, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<LaunchedRun> FindAsync(string runId, CancellationToken cancellationToken)
    {
        var instance = await client.GetInstanceAsync(runId, true, cancellationToken).ConfigureAwait(false);
        return instance?.RuntimeStatus switch
        {
            null => new LaunchedRun(LaunchState.Absent),
            OrchestrationRuntimeStatus.Completed => new LaunchedRun(LaunchState.Ended),
            OrchestrationRuntimeStatus.Failed => new LaunchedRun(
                LaunchState.Dead, null, "its orchestration failed: " + (instance.FailureDetails?.ErrorMessage ?? "no reason is known")),
            OrchestrationRuntimeStatus.Terminated => new LaunchedRun(LaunchState.Dead, null, "its orchestration was terminated"),
            _ => new LaunchedRun(LaunchState.Active, instance.SerializedCustomStatus is null ? null : instance.ReadCustomStatusAs<DiffProgress>()),
        };
    }

    /// <inheritdoc/>
    public Task PurgeAsync(string runId, CancellationToken cancellationToken) =>
        client.PurgeInstanceAsync(runId, new PurgeInstanceOptions(Recursive: true), cancellationToken);
}
