using IpswDiff.Functions.Workflow;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Runs;

/// <summary>
/// A run's orchestration together with those of its parts. The Azure Storage backend knows no parts when it terminates or purges, so they
/// are found by their names.
/// </summary>
public static class DurableRuns
{
    /// <summary>Terminates the run and its parts and returns once none of them begins anything more; activities that have begun come to their end.</summary>
    public static async Task TerminateAsync(DurableTaskClient client, string runId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);

        // The run first: once it has ended, it begins no more parts.
        await TerminateOneAsync(client, await client.GetInstanceAsync(runId, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        await foreach (var part in PartsAsync(client, runId).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            await TerminateOneAsync(client, part, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Removes what is left of the run and its parts; what still goes on is terminated.</summary>
    public static async Task PurgeAsync(DurableTaskClient client, string runId, CancellationToken cancellationToken)
    {
        await TerminateAsync(client, runId, cancellationToken).ConfigureAwait(false);
        var parts = new List<string>();
        await foreach (var part in PartsAsync(client, runId).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            parts.Add(part.InstanceId);
        }

        // The run goes last: a purge that was interrupted is called again for what the run still names.
        foreach (var instance in parts.Append(runId))
        {
            await client.PurgeInstanceAsync(instance, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The parts of a run, those that have ended among them, each with its input and status.</summary>
    public static AsyncPageable<OrchestrationMetadata> PartsAsync(DurableTaskClient client, string runId)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.GetAllInstancesAsync(new OrchestrationQuery { InstanceIdPrefix = DurableWorkflowContext.PartPrefix(runId), FetchInputsAndOutputs = true });
    }

    private static async Task TerminateOneAsync(DurableTaskClient client, OrchestrationMetadata? instance, CancellationToken cancellationToken)
    {
        if (instance is { IsCompleted: false })
        {
            await client.TerminateInstanceAsync(instance.InstanceId, cancellationToken).ConfigureAwait(false);
            await client.WaitForInstanceCompletionAsync(instance.InstanceId, cancellationToken).ConfigureAwait(false);
        }
    }
}
