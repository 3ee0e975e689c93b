using System.IO.Hashing;
using System.Text;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Values;

/// <summary>Makes items of a section out of keys whose values differ.</summary>
internal static class ValueItems
{
    /// <summary>Adds an item for a pair of which something differs.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="pair">The pair.</param>
    /// <param name="group">Added, removed or changed.</param>
    /// <param name="changes">What differs.</param>
    /// <param name="identity">By what a file that one side alone has is found again under another path.</param>
    public static void Add(ItemSink sink, FilePair pair, ItemGroup group, IReadOnlyList<ValueChange> changes, BinaryIdentity? identity = null)
    {
        var volume = pair.Volume.Length == 0 ? null : pair.Volume;
        sink.Add(
            group,
            new ReportItem
            {
                Volume = volume,
                Path = pair.Path,
                What = group == ItemGroup.Changed ? ["values"] : null,
                Identity = identity,
                Counts = Counts(changes),
            },
            new ItemDetails { Volume = volume, Path = pair.Path, Values = changes });
    }

    /// <summary>The identity of a file by what it says, whatever form it is written in; null for one that says nothing.</summary>
    public static BinaryIdentity? IdentityOf(IReadOnlyList<ValueChange> values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        var hash = new XxHash128();
        foreach (var value in values)
        {
            foreach (var part in value.Key)
            {
                Append(hash, part);
            }

            Append(hash, string.Empty);
            Append(hash, (value.Old ?? value.New)?.GetRawText() ?? string.Empty);
        }

        return new BinaryIdentity([], [], "values:" + Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    // Each part with its length before it, so that no two lists of parts read alike.
    private static void Append(XxHash128 hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        hash.Append(BitConverter.GetBytes(bytes.Length));
        hash.Append(bytes);
    }

    private static SortedDictionary<string, long> Counts(IReadOnlyList<ValueChange> changes)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            var name = change.Old is null ? "keysAdded" : change.New is null ? "keysRemoved" : "keysChanged";
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        return counts;
    }
}
