using IpswDiff.Diffing.Options;

namespace IpswDiff.Service;

/// <summary>Keeps how far a run is, for whoever asks while it goes on. Safe for concurrent use.</summary>
internal sealed class ProgressWatch : IProgress<DiffProgress>
{
    private volatile DiffProgress? _latest;

    /// <summary>What was reported last; null before anything was.</summary>
    public DiffProgress? Latest => _latest;

    /// <inheritdoc/>
    public void Report(DiffProgress value) => _latest = value;
}
