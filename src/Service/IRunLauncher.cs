namespace IpswDiff.Service;

/// <summary>Whatever runs comparisons: a queue in this process, or Durable Functions. The run's request lies with its artifacts already.</summary>
public interface IRunLauncher
{
    /// <summary>Sees to it that the run is run; a second call for the same run changes nothing.</summary>
    /// <exception cref="IOException">The launcher cannot be reached.</exception>
    Task LaunchAsync(string runId, CancellationToken cancellationToken);

    /// <summary>Stops the run and returns once it does no more work; one that does not run is no error.</summary>
    /// <exception cref="IOException">The launcher cannot be reached.</exception>
    Task CancelAsync(string runId, CancellationToken cancellationToken);
}
