using System.Collections.Concurrent;
using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Passes;

/// <summary>
/// The shared caches of two firmwares, each opened once for all shards: matched by label, and one whose architecture was succeeded with
/// its successor of the same place. Safe for concurrent use.
/// </summary>
public sealed class CachePairs(FirmwareInput old, FirmwareInput @new)
{
    private readonly ConcurrentDictionary<string, OpenedOnce<CachePair>> _pairs = new(StringComparer.Ordinal);
    private readonly OpenedOnce<IReadOnlyDictionary<string, (InputCache? Old, InputCache? New)>> _sides = new(() => Match(old.FindCaches(), @new.FindCaches()));

    /// <summary>The label of every pair, in order: that of the new side, where there is one.</summary>
    /// <exception cref="FirmwareFormatException">A volume that caches lie on cannot be read.</exception>
    public IReadOnlyList<string> Labels() => [.. _sides.Get().Keys.Order(StringComparer.Ordinal)];

    /// <summary>The caches of one label.</summary>
    /// <exception cref="FirmwareFormatException">One of them cannot be read; names the file.</exception>
    public CachePair Open(string label) => _pairs.GetOrAdd(label, name => new OpenedOnce<CachePair>(() => Open(name, _sides.Get()))).Get();

    private static CachePair Open(string label, IReadOnlyDictionary<string, (InputCache? Old, InputCache? New)> sides)
    {
        var (before, after) = sides.GetValueOrDefault(label);
        return new CachePair(label, sides.Count == 1, before?.Open(), after?.Open());
    }

    private static Dictionary<string, (InputCache? Old, InputCache? New)> Match(IReadOnlyList<InputCache> old, IReadOnlyList<InputCache> @new)
    {
        var rest = old.ToDictionary(static cache => cache.Label, StringComparer.Ordinal);
        var pairs = new Dictionary<string, (InputCache? Old, InputCache? New)>(StringComparer.Ordinal);
        var single = new List<InputCache>();
        foreach (var cache in @new)
        {
            if (rest.Remove(cache.Label, out var partner))
            {
                pairs.Add(cache.Label, (partner, cache));
            }
            else
            {
                single.Add(cache);
            }
        }

        // Only what has no partner by its label is asked for its architecture, which opens it.
        var (before, after) = (Named(rest.Values, single.Count > 0), Named(single, rest.Count > 0));
        foreach (var place in before.Concat(after).Select(static cache => cache.Place).Distinct(StringComparer.Ordinal))
        {
            foreach (var (one, other) in ArchitecturePairs.Match(InPlace(before, place), InPlace(after, place), static cache => cache.Architecture))
            {
                pairs.Add((other ?? one)!.Cache.Label, (one?.Cache, other?.Cache));
            }
        }

        return pairs;
    }

    private static CacheName[] InPlace(CacheName[] caches, string place) => Array.FindAll(caches, cache => cache.Place == place);

    private static CacheName[] Named(IEnumerable<InputCache> caches, bool mayOpen) =>
        [.. caches.OrderBy(static cache => cache.Label, StringComparer.Ordinal).Select(cache => CacheName.Of(cache, mayOpen))];
}
