using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Pairs;

/// <summary>The shared caches that were found on both sides, matched.</summary>
/// <param name="Matches">The matches, by label.</param>
/// <param name="Faults">Volumes that could not be searched, a sentence each.</param>
/// <param name="Splits">Caches that lie on the volumes of several groups of boards.</param>
/// <param name="Same">How many pairs of volumes with caches on them are proven identical; their caches are no matches.</param>
internal sealed record CacheSearch(IReadOnlyList<CacheMatch> Matches, IReadOnlyList<string> Faults, IReadOnlyList<SplitPlace> Splits, int Same)
{
    /// <summary>Searches and matches.</summary>
    /// <param name="old">The firmware compared from.</param>
    /// <param name="new">The firmware compared to.</param>
    /// <param name="volumes">All pairs of volumes.</param>
    /// <param name="isDifferent">Which of them are not proven identical.</param>
    /// <exception cref="IOException">Storage failed.</exception>
    public static CacheSearch Of(
        FirmwareInput old, FirmwareInput @new, IReadOnlyList<VolumePair> volumes, Func<VolumePair, bool> isDifferent)
    {
        var faults = new List<string>();
        var found = volumes.Where(isDifferent)
            .Select(pair => new Found(pair, Search(pair.Label, pair.Old, faults), Search(pair.Label, pair.New, faults)))
            .Append(new Found(null, [.. old.LooseCaches], [.. @new.LooseCaches]))
            .ToArray();
        var met = found.SelectMany(place => place.Meet()).ToList();
        met.AddRange(MeetAcross(found));

        var places = met.CountBy(match => match.Name, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        CacheMatch[] matches =
        [
            .. met.Select(match => new CacheMatch(
                    places[match.Name] == 1 ? match.Name : $"{match.Name} ({match.Place!.Label})",
                    match.Name,
                    match.Place?.Boards ?? [],
                    match.Old,
                    match.New,
                    match.Notes))
                .DistinctBy(match => match.Label, StringComparer.Ordinal)
                .OrderBy(match => match.Label, StringComparer.Ordinal),
        ];
        SplitPlace[] splits =
        [
            .. matches.GroupBy(match => match.Name, StringComparer.Ordinal)
                .Where(name => name.Count() > 1)
                .Select(name => new SplitPlace(
                    places.Count == 1 ? null : name.Key, [.. name.Select(match => new SplitPart(match.Label, match.Boards))])),
        ];

        // What cannot be read there is the same on both sides all the same, and no fault of this comparison.
        var same = volumes.Count(pair => !isDifferent(pair) && Search(pair.Label, pair.Old, []).Length > 0);
        return new CacheSearch(matches, [.. faults.Distinct(StringComparer.Ordinal)], splits, same);
    }

    // A cache that one volume lost and another gained is the same cache elsewhere: the one of Intel programs moved to a volume of its own.
    private static IEnumerable<Met> MeetAcross(Found[] found)
    {
        foreach (var gone in found.SelectMany(place => place.OnlyOld().Select(cache => (Place: place.Pair, Cache: cache))))
        {
            var twin = found.SelectMany(place => place.OnlyNew().Select(cache => (Place: place.Pair, Cache: cache)))
                .FirstOrDefault(other => other.Cache.Label == gone.Cache.Label && other.Place?.Role != gone.Place?.Role);
            yield return twin.Cache is null
                ? new Met(gone.Place, gone.Cache.Label, gone.Cache, null, [])
                : new Met(
                    twin.Place, gone.Cache.Label, gone.Cache, twin.Cache,
                    [$"the cache moved from {gone.Place?.Role ?? "the folder"} to {twin.Place?.Role ?? "the folder"}"]);
        }

        var lost = found.SelectMany(place => place.OnlyOld().Select(cache => (place.Pair?.Role, cache.Label))).ToHashSet();
        foreach (var place in found)
        {
            foreach (var cache in place.OnlyNew().Where(cache => !lost.Any(other => other.Label == cache.Label && other.Role != place.Pair?.Role)))
            {
                yield return new Met(place.Pair, cache.Label, null, cache, []);
            }
        }
    }

    private static InputCache[] Search(string label, InputVolume? volume, List<string> faults)
    {
        if (volume is null)
        {
            return [];
        }

        try
        {
            return [.. volume.FindCaches()];
        }
        catch (FirmwareFormatException fault)
        {
            faults.Add($"{label} was not searched for shared caches: {fault.Message}");
            return [];
        }
    }

    private sealed record Met(VolumePair? Place, string Name, InputCache? Old, InputCache? New, IReadOnlyList<string> Notes);

    private sealed record Found(VolumePair? Pair, InputCache[] Old, InputCache[] New)
    {
        public IEnumerable<Met> Meet() => Old
            .Select(cache => (Old: cache, New: Array.Find(New, other => other.Label == cache.Label)))
            .Where(pair => pair.New is not null)
            .Select(pair => new Met(Pair, pair.Old.Label, pair.Old, pair.New, []));

        public IEnumerable<InputCache> OnlyOld() => Old.Where(cache => !Array.Exists(New, other => other.Label == cache.Label));

        public IEnumerable<InputCache> OnlyNew() => New.Where(cache => !Array.Exists(Old, other => other.Label == cache.Label));
    }
}
