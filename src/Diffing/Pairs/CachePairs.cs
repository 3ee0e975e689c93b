using System.Collections.Concurrent;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Pairs;

/// <summary>The shared caches of two firmwares, matched by label, each opened once for all shards. Safe for concurrent use.</summary>
public sealed class CachePairs(FirmwareInput old, FirmwareInput @new)
{
    private readonly ConcurrentDictionary<string, OpenedOnce<CachePair>> _pairs = new(StringComparer.Ordinal);

    /// <summary>Every label that either side has, in order.</summary>
    /// <exception cref="FirmwareFormatException">A volume that caches lie on cannot be read.</exception>
    public IReadOnlyList<string> Labels() =>
        [.. old.FindCaches().Concat(@new.FindCaches()).Select(cache => cache.Label).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The caches of one label.</summary>
    /// <exception cref="FirmwareFormatException">One of them cannot be read; names the file.</exception>
    public CachePair Open(string label) => _pairs.GetOrAdd(label, name => new OpenedOnce<CachePair>(() => Match(name))).Get();

    private CachePair Match(string label) => new(label, Labels().Count == 1, Find(old, label)?.Open(), Find(@new, label)?.Open());

    private static InputCache? Find(FirmwareInput side, string label) => side.FindCaches().FirstOrDefault(cache => cache.Label == label);
}
