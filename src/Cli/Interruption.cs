using System.Runtime.InteropServices;

namespace IpswDiff.Cli;

/// <summary>
/// Ctrl-C and a request to end, from the first moment of the process: the first cancels what is going on, so that nothing half-written
/// is left, the second ends it at once, as does the first where it has no effect for a while.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private Timer? _patience;

    public Interruption() => _registrations = [.. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM]).Select(signal => PosixSignalRegistration.Create(signal, Handle))];

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _patience?.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (!_source.IsCancellationRequested)
        {
            context.Cancel = true;
            _patience = new Timer(static _ => Environment.Exit(ExitStatus.Cancelled), null, Patience, Timeout.InfiniteTimeSpan);
            _source.Cancel();
        }
    }
}
