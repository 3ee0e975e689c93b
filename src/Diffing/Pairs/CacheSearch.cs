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
        var met = found.SelectMany(Within).ToList();
        var alone = met.Where(match => match.Old is null || match.New is null).ToArray();
        met.RemoveAll(alone.Contains);
        met.AddRange(Across(alone));

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

    private static IEnumerable<Met> Within(Found found) =>
        CacheMatching.Match(found.Old, found.New).Select(pair => new Met(found.Pair, pair.Old, pair.New, []));

    // A cache that one volume lost and another gained is the same cache elsewhere: the one of Intel programs moved to a volume of its own.
    // Groups of boards that have lost the same cache have it in common.
    private static IEnumerable<Met> Across(Met[] alone)
    {
        var gone = alone.Where(match => match.Old is not null).DistinctBy(match => match.Old).ToArray();
        var come = alone.Where(match => match.New is not null).DistinctBy(match => match.New).ToArray();
        var pairs = CacheMatching.Match(
            [.. gone.Select(match => match.Old!).DistinctBy(cache => cache.Label, StringComparer.Ordinal)],
            [.. come.Select(match => match.New!).DistinctBy(cache => cache.Label, StringComparer.Ordinal)]);
        foreach (var (old, @new) in pairs)
        {
            var (from, to) = (Array.Find(gone, match => match.Old == old)?.Place, Array.Find(come, match => match.New == @new)?.Place);
            yield return old is null || @new is null
                ? new Met(from ?? to, old, @new, [])
                : new Met(to, old, @new, [$"the cache moved from {from?.Role ?? "the folder"} to {to?.Role ?? "the folder"}"]);
        }

        // What has a namesake among those goes with nothing else: it is told as what came or went on its own volume.
        foreach (var match in gone.Where(match => pairs.TrueForAll(pair => pair.Old != match.Old))
            .Concat(come.Where(match => pairs.TrueForAll(pair => pair.New != match.New))))
        {
            yield return match;
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

    private sealed record Met(VolumePair? Place, InputCache? Old, InputCache? New, IReadOnlyList<string> Notes)
    {
        public string Name => (New ?? Old)!.Label;
    }

    private sealed record Found(VolumePair? Pair, InputCache[] Old, InputCache[] New);
}
