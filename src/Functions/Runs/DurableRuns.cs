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
    /// <summary>How long the engine may take to end a run: it is told by a message, which an instance has to come up for and take.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Terminates the run and its parts and returns once none of them begins anything more; activities that have begun come to their end.</summary>
    /// <param name="client">The client of Durable Functions.</param>
    /// <param name="runId">The run.</param>
    /// <param name="patience">How long to wait for that.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="IOException">They have been told to end and have not done so yet.</exception>
    public static async Task TerminateAsync(DurableTaskClient client, string runId, TimeSpan patience, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(patience);
        try
        {
            await DurableCalls.RunAsync(() => EndAsync(client, runId, waiting.Token), waiting.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"run {runId} has been told to end and has not done so within {patience.TotalSeconds:0} seconds; call again");
        }
    }

    /// <summary>Removes what is left of the run and its parts; what still goes on is terminated.</summary>
    /// <exception cref="IOException">They have been told to end and have not done so yet; nothing is removed.</exception>
    public static async Task PurgeAsync(DurableTaskClient client, string runId, CancellationToken cancellationToken)
    {
        await TerminateAsync(client, runId, Patience, cancellationToken).ConfigureAwait(false);
        await DurableCalls.RunAsync(() => RemoveAsync(client, runId, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The parts of a run, those that have ended among them, each with its input and status.</summary>
    public static AsyncPageable<OrchestrationMetadata> PartsAsync(DurableTaskClient client, string runId)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.GetAllInstancesAsync(new OrchestrationQuery { InstanceIdPrefix = DurableWorkflowContext.PartPrefix(runId), FetchInputsAndOutputs = true });
    }

    private static async Task EndAsync(DurableTaskClient client, string runId, CancellationToken cancellationToken)
    {
        // The run first: once it has ended, it begins no more parts.
        if (await client.GetInstanceAsync(runId, cancellationToken).ConfigureAwait(false) is { IsCompleted: false })
        {
            await client.TerminateInstanceAsync(runId, cancellationToken).ConfigureAwait(false);
            await client.WaitForInstanceCompletionAsync(runId, cancellationToken).ConfigureAwait(false);
        }

        var parts = new List<string>();
        await foreach (var part in PartsAsync(client, runId).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (!part.IsCompleted)
            {
                await client.TerminateInstanceAsync(part.InstanceId, cancellationToken).ConfigureAwait(false);
                parts.Add(part.InstanceId);
            }
        }

        foreach (var part in parts)
        {
            await client.WaitForInstanceCompletionAsync(part, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task RemoveAsync(DurableTaskClient client, string runId, CancellationToken cancellationToken)
    {
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
}
