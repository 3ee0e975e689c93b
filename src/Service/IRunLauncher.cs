using IpswDiff.Diffing.Options;

namespace IpswDiff.Service;

/// <summary>Whether a launcher works for a run.</summary>
public enum LaunchState
{
    /// <summary>The launcher knows nothing of it: it was never launched, or has long ended.</summary>
    Absent,

    /// <summary>It waits or goes on.</summary>
    Active,

    /// <summary>It came to its end; the catalogue says which.</summary>
    Ended,

    /// <summary>It died without a word to the catalogue.</summary>
    Dead,
}

/// <summary>What a launcher knows of a run.</summary>
/// <param name="State">Whether it works for it.</param>
/// <param name="Progress">How far it is, where the launcher knows that better than the catalogue.</param>
/// <param name="Reason">Why it died, for people.</param>
public sealed record LaunchedRun(LaunchState State, DiffProgress? Progress = null, string? Reason = null);

/// <summary>
/// Whatever runs comparisons: a queue in this process, or Durable Functions. The run's request lies with its artifacts
/// already.
/// </summary>
public interface IRunLauncher
{
    /// <summary>
    /// Keeps keys of encrypted archives for a run that is about to be launched, in memory and until it ends; false
    /// where other processes run it, which no key can reach without being written somewhere.
    /// </summary>
    bool TryKeepKeys(string runId, IReadOnlyList<ReadOnlyMemory<byte>> keys);

    /// <summary>Sees to it that the run is run; a second call for the same run changes nothing.</summary>
    /// <exception cref="IOException">The launcher cannot be reached.</exception>
    Task LaunchAsync(string runId, CancellationToken cancellationToken);

    /// <summary>
    /// Tells the run to stop and does not wait for it: it does no more work within seconds, or no new one where its
    /// activities run on other machines. One that does not run is no error.
    /// </summary>
    /// <exception cref="IOException">The launcher cannot be reached.</exception>
    Task CancelAsync(string runId, CancellationToken cancellationToken);

    /// <summary>What is known of the run.</summary>
    /// <exception cref="IOException">The launcher cannot be reached.</exception>
    Task<LaunchedRun> FindAsync(string runId, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets a run that was cancelled or has ended, and removes what it may still write while it stops; one that is
    /// not known is no error.
    /// </summary>
    /// <exception cref="IOException">The launcher cannot be reached.</exception>
    Task PurgeAsync(string runId, CancellationToken cancellationToken);
}
