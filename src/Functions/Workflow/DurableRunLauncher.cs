using DurableTask.Core.Exceptions;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Functions.Runs;
using IpswDiff.Service;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Workflow;

/// <summary>Runs comparisons as orchestrations, each under the run's name.</summary>
/// <param name="client">The client of Durable Functions.</param>
public sealed class DurableRunLauncher(DurableTaskClient client) : IRunLauncher
{
    /// <inheritdoc/>
    public bool TryKeepKeys(string runId, IReadOnlyList<ReadOnlyMemory<byte>> keys) => false;

    /// <inheritdoc/>
    public Task LaunchAsync(string runId, CancellationToken cancellationToken) =>
        DurableCalls.RunAsync(() => ScheduleAsync(runId, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Activities that have begun come to their end; no new one begins.</remarks>
    public Task CancelAsync(string runId, CancellationToken cancellationToken) => DurableRuns.TerminateAsync(client, runId, DurableRuns.Patience, cancellationToken);

    /// <inheritdoc/>
    public Task<LaunchedRun> FindAsync(string runId, CancellationToken cancellationToken) =>
        DurableCalls.RunAsync(() => AskAsync(runId, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task PurgeAsync(string runId, CancellationToken cancellationToken) => DurableRuns.PurgeAsync(client, runId, cancellationToken);

    private async Task ScheduleAsync(string runId, CancellationToken cancellationToken)
    {
        if (await client.GetInstanceAsync(runId, cancellationToken).ConfigureAwait(false) is not null)
        {
            return;
        }

        try
        {
            // Of two calls at once the later one must not put a new orchestration in the place of the first.
            var options = new StartOrchestrationOptions(runId).WithDedupeStatuses([.. StartOrchestrationOptionsExtensions.ValidDedupeStatuses]);
            await client.ScheduleNewOrchestrationInstanceAsync(Orchestrations.Run, null, options, cancellationToken).ConfigureAwait(false);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // The other call was first.
        }
    }

    private async Task<LaunchedRun> AskAsync(string runId, CancellationToken cancellationToken)
    {
        var instance = await client.GetInstanceAsync(runId, true, cancellationToken).ConfigureAwait(false);
        return instance?.RuntimeStatus switch
        {
            null => new LaunchedRun(LaunchState.Absent),
            OrchestrationRuntimeStatus.Completed => new LaunchedRun(LaunchState.Ended),
            OrchestrationRuntimeStatus.Failed => new LaunchedRun(
                LaunchState.Dead, null, "its orchestration failed: " + (instance.FailureDetails?.ErrorMessage ?? "no reason is known")),
            OrchestrationRuntimeStatus.Terminated => new LaunchedRun(LaunchState.Dead, null, "its orchestration was terminated"),
            _ => new LaunchedRun(LaunchState.Active, await ProgressAsync(instance, cancellationToken).ConfigureAwait(false)),
        };
    }

    // The run counts the parts that have ended; to these comes what those that go on have done since they began.
    private async Task<DiffProgress?> ProgressAsync(OrchestrationMetadata run, CancellationToken cancellationToken)
    {
        if (Status(run) is not { } progress)
        {
            return null;
        }

        await foreach (var part in DurableRuns.PartsAsync(client, run.InstanceId).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (part.RuntimeStatus == OrchestrationRuntimeStatus.Running && Status(part) is { } now && now.Phase == progress.Phase
                && (part.Name == Orchestrations.Unpacking ? part.ReadInputAs<UnpackRow>()?.Row : part.ReadInputAs<ShardRow>())?.Before is { } before)
            {
                progress = progress with
                {
                    BytesDone = progress.BytesDone + now.BytesDone - before.BytesDone,
                    ShardsDone = progress.ShardsDone + now.ShardsDone - before.ShardsDone,
                };
            }
        }

        return progress;
    }

    private static DiffProgress? Status(OrchestrationMetadata instance) => instance.SerializedCustomStatus is null ? null : instance.ReadCustomStatusAs<DiffProgress>();
}
