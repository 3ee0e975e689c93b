using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Inputs;

namespace IpswDiff.Diffing.Pairs;

/// <summary>Matches shared caches by label, and one whose architecture was succeeded with its successor of the same place.</summary>
internal static class CacheMatching
{
    /// <summary>The pairs, what has no partner among them with one side missing. Labels are unique on each side.</summary>
    public static List<(InputCache? Old, InputCache? New)> Match(IReadOnlyList<InputCache> old, IReadOnlyList<InputCache> @new)
    {
        var rest = old.ToDictionary(static cache => cache.Label, StringComparer.Ordinal);
        var pairs = new List<(InputCache? Old, InputCache? New)>();
        var single = new List<InputCache>();
        foreach (var cache in @new)
        {
            if (rest.Remove(cache.Label, out var partner))
            {
                pairs.Add((partner, cache));
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
            pairs.AddRange(ArchitecturePairs.Match(InPlace(before, place), InPlace(after, place), static cache => cache.Architecture)
                .Select(static pair => (pair.Old?.Cache, pair.New?.Cache)));
        }

        return pairs;
    }

    private static CacheName[] InPlace(CacheName[] caches, string place) => Array.FindAll(caches, cache => cache.Place == place);

    private static CacheName[] Named(IEnumerable<InputCache> caches, bool mayOpen) =>
        [.. caches.OrderBy(static cache => cache.Label, StringComparer.Ordinal).Select(cache => CacheName.Of(cache, mayOpen))];
}
