using System.Numerics;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Values;

/// <summary>
/// Compares property-list values by key: what was written how says nothing, what it says counts. Dictionaries are entered, everything
/// else is one value, arrays too. Keys come out in ordinal order, whatever the order of the files.
/// </summary>
internal static class PlistComparison
{
    /// <summary>The keys whose values differ.</summary>
    /// <param name="old">The old value; null where there is none.</param>
    /// <param name="new">The new value; null where there is none.</param>
    /// <param name="prefix">What every key path begins with.</param>
    /// <param name="entersOneSided">
    /// Whether a dictionary that one side alone has is told key by key; else it is one value. The outermost is always entered.
    /// </param>
    /// <returns>Changes in the order of their key paths; a value that is no dictionary has the prefix alone as its path.</returns>
    public static IReadOnlyList<ValueChange> Compare(
        PlistValue? old, PlistValue? @new, IReadOnlyList<string>? prefix = null, bool entersOneSided = true)
    {
        var changes = new List<ValueChange>();
        var path = new List<string>(prefix ?? []);
        Walk(old, @new, path, changes, entersOneSided, isOutermost: true);
        return changes;
    }

    // Depth is that of the parsed values, which PlistLimits bounds.
    private static void Walk(PlistValue? old, PlistValue? @new, List<string> path, List<ValueChange> changes, bool entersOneSided, bool isOutermost)
    {
        if (AreEqual(old, @new))
        {
            return;
        }

        var (before, after) = (old as PlistDictionary, @new as PlistDictionary);
        var isOneSided = old is null || @new is null;
        var keys = isOneSided ? (before ?? after)?.Count : before is null || after is null ? null : Math.Max(before.Count, after.Count);
        if (keys is null or 0 || (isOneSided && !entersOneSided && !isOutermost))
        {
            changes.Add(new ValueChange([.. path], PlistElement.Of(old), PlistElement.Of(@new)));
            return;
        }

        foreach (var key in Keys(before, after))
        {
            path.Add(key);
            Walk(Find(before, key), Find(after, key), path, changes, entersOneSided, isOutermost: false);
            path.RemoveAt(path.Count - 1);
        }
    }

    // Writers differ in whether a whole number is an integer or a real; readers ask for a number.
    private static bool AreEqual(PlistValue? old, PlistValue? @new) => (old, @new) switch
    {
        (null, null) => true,
        (PlistInteger whole, PlistReal real) => AreEqual(whole, real),
        (PlistReal real, PlistInteger whole) => AreEqual(whole, real),
        _ => old is not null && old.Equals(@new),
    };

    private static bool AreEqual(PlistInteger whole, PlistReal real) =>
        double.IsInteger(real.Value) && Math.Abs(real.Value) < 1e18 && (BigInteger)real.Value == (BigInteger)whole.Value;

    private static string[] Keys(PlistDictionary? old, PlistDictionary? @new)
    {
        var keys = (old?.Keys ?? []).Concat(@new?.Keys.Where(key => old is null || !old.ContainsKey(key)) ?? []).ToArray();
        Array.Sort(keys, StringComparer.Ordinal);
        return keys;
    }

    private static PlistValue? Find(PlistDictionary? dictionary, string key) =>
        dictionary is not null && dictionary.TryGetValue(key, out var value) ? value : null;
}
