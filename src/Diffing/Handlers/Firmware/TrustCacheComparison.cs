using System.Text.Json;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.TrustCache;

namespace IpswDiff.Diffing.Handlers.Firmware;

/// <summary>
/// Two trust caches as sets: the key is the cdhash, the value what its entry says beside it. The version of the format is a value of its
/// own; the UUID, which every build makes anew, is none.
/// </summary>
internal static class TrustCacheComparison
{
    /// <summary>What differs in a trust cache, as items say it.</summary>
    public const string Aspect = "cdhashes";

    public static IReadOnlyList<ValueChange> Compare(TrustCacheFile old, TrustCacheFile @new)
    {
        var changes = new List<ValueChange>();
        if (old.Version != @new.Version)
        {
            changes.Add(new ValueChange(["version"], Json.Of((long)old.Version), Json.Of((long)@new.Version)));
        }

        foreach (var (before, after) in SortedJoin.Join(Sorted(old), Sorted(@new), static (x, y) => x.CdHash.Span.SequenceCompareTo(y.CdHash.Span)))
        {
            // What the older of two versions cannot say does not differ.
            if (before is null || after is null || Differ(before.HashType, after.HashType) || Differ(before.Flags, after.Flags)
                || Differ(before.ConstraintCategory, after.ConstraintCategory))
            {
                changes.Add(new ValueChange([Convert.ToHexStringLower((before ?? after)!.CdHash.Span)], Value(before), Value(after)));
            }
        }

        return changes;
    }

    private static bool Differ(byte? old, byte? @new) => old is { } before && @new is { } after && before != after;

    // Only versions 1 and 2 must be sorted, and only the first of entries with one hash counts.
    private static IEnumerable<Entry> Sorted(TrustCacheFile cache)
    {
        var order = Enumerable.Range(0, cache.Count).ToArray();
        Array.Sort(order, (x, y) => cache[x].CdHash.Span.SequenceCompareTo(cache[y].CdHash.Span) is var sign && sign != 0 ? sign : x - y);
        Entry? last = null;
        foreach (var index in order)
        {
            var entry = cache[index];
            if (last is null || !last.CdHash.Span.SequenceEqual(entry.CdHash.Span))
            {
                yield return last = new Entry(entry.CdHash, entry.HashType, entry.Flags, entry.ConstraintCategory);
            }
        }
    }

    private static JsonElement? Value(Entry? entry) => entry switch
    {
        null => null,
        { HashType: { } type, Flags: { } flags, ConstraintCategory: { } category } =>
            Json.Of(("hashType", Json.Of((long)type)), ("flags", Json.Of((long)flags)), ("constraintCategory", Json.Of((long)category))),
        { HashType: { } type, Flags: { } flags } => Json.Of(("hashType", Json.Of((long)type)), ("flags", Json.Of((long)flags))),
        _ => Json.Of(Array.Empty<(string, JsonElement)>()),
    };

    private sealed record Entry(ReadOnlyMemory<byte> CdHash, byte? HashType, byte? Flags, byte? ConstraintCategory);
}
