using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;

namespace IpswDiff.Diffing.Pairs;

/// <summary>The kernelcaches of two firmwares, matched by board. Immutable.</summary>
internal sealed class KernelcachePairs
{
    private readonly bool _isExhaustive;
    private readonly Dictionary<string, KernelcacheMatch> _byLabel;

    /// <summary>Matches kernelcaches.</summary>
    public KernelcachePairs(FirmwareInput old, FirmwareInput @new, DiffOptions options)
    {
        _isExhaustive = options.Exhaustive;
        Matches = KernelcacheMatching.Match(old.Kernelcaches, @new.Kernelcaches, options.Device);
        _byLabel = Matches.ToDictionary(match => match.Label, StringComparer.Ordinal);
    }

    /// <summary>The pairs in the order of the report.</summary>
    public IReadOnlyList<KernelcacheMatch> Matches { get; }

    /// <summary>The pairs that have to be compared: those whose digests do not prove them identical.</summary>
    public IEnumerable<KernelcacheMatch> Different => Matches.Where(match => _isExhaustive || !match.HaveSameDigest);

    /// <summary>The pair of a label that <see cref="Matches"/> has.</summary>
    public KernelcacheMatch Find(string label) => _byLabel[label];
}
