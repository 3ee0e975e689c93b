using IpswDiff.Diffing.Storage;

namespace IpswDiff.Functions.Runs;

/// <summary>An activity was to begin for a run that has ended.</summary>
/// <param name="message">Which run.</param>
public sealed class RunEndedException(string message) : Exception(message);

/// <summary>
/// Lets activities begin only for runs that go on. Terminating a run reaches neither the messages of activities that wait in the queue nor those that
/// start its parts: both come up later, and what they would write nobody would remove.
/// </summary>
/// <param name="catalog">The catalogue, which a run leaves before its artifacts do.</param>
public sealed class RunGate(IRunCatalog catalog)
{
    /// <summary>Returns where the run goes on.</summary>
    /// <exception cref="RunEndedException">It was cancelled, has failed or is removed.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task PassAsync(string runId, CancellationToken cancellationToken)
    {
        if (await catalog.FindRunAsync(runId, cancellationToken).ConfigureAwait(false) is not { Value.HasEnded: false })
        {
            throw new RunEndedException($"run {runId} has ended or is removed; nothing more is done for it");
        }
    }
}
