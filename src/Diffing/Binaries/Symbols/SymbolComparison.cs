using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>The symbols of two images as sets of facts (<see cref="SymbolFact"/>). Names become text only where they differ.</summary>
internal static class SymbolComparison
{
    // A tag is the rank with the symbol's place in its tables below, so that of several symbols of one name the strongest stays, and
    // of several of one rank the first.
    private const int PlaceBits = 29;
    private const uint PlaceMask = (1 << PlaceBits) - 1;

    /// <summary>
    /// Compares the symbols of two images. Null where they are the same in the same order, which is told without counting them.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A symbol table is damaged.</exception>
    public static (SymbolChanges Changes, long OldCount, long NewCount)? Compare(MachOImage old, MachOImage @new)
    {
        if (HaveSameTables(old, @new))
        {
            return null;
        }

        using var normalizer = new NameNormalizer();
        using var before = Collect(old, normalizer);
        using var after = Collect(@new, normalizer);
        var (added, removed, rekinded) = (new List<uint>(), new List<uint>(), new List<(uint Old, uint New)>());
        HashedSet.Compare(before, after, removed.Add, added.Add, (x, y) =>
        {
            if (RankOf(x) != RankOf(y))
            {
                rekinded.Add((x, y));
            }
        });
        if (added.Count + removed.Count + rekinded.Count == 0)
        {
            return (SymbolChanges.None, before.Count, after.Count);
        }

        var newNames = Names(@new, [.. added, .. rekinded.Select(pair => pair.New)], normalizer);
        var oldNames = Names(old, removed, normalizer);
        var changes = new SymbolChanges(
            Uses(added, newNames),
            Uses(removed, oldNames),
            [.. rekinded.Select(pair => new SymbolKindChange(newNames[pair.New], WordFor(pair.Old), WordFor(pair.New))).OrderBy(change => change.Name, StringComparer.Ordinal)]);
        return (changes, before.Count, after.Count);
    }

    /// <summary>Different facts that the symbols tell.</summary>
    /// <exception cref="FirmwareFormatException">A symbol table is damaged.</exception>
    public static long Count(MachOImage image)
    {
        using var normalizer = new NameNormalizer();
        using var symbols = Collect(image, normalizer);
        return symbols.Count;
    }

    private static bool HaveSameTables(MachOImage old, MachOImage @new)
    {
        if (old.SymbolTables.Count != @new.SymbolTables.Count)
        {
            return false;
        }

        for (var i = 0; i < old.SymbolTables.Count; i++)
        {
            if (!old.SymbolTables[i].HasSameNames(@new.SymbolTables[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static HashedSet Collect(MachOImage image, NameNormalizer normalizer)
    {
        var count = image.SymbolTables.Sum(table => table.Count);
        if (count > PlaceMask)
        {
            throw new FirmwareFormatException("Mach-O", -1, $"{count} symbols are more than an image can have");
        }

        // The tables' stated counts are believed only as far as pooled arrays are cheap; the set grows by itself.
        var set = new HashedSet((int)Math.Min(count, 1 << 16));
        var first = 0L;
        foreach (var table in image.SymbolTables)
        {
            var symbols = table.Scan();
            try
            {
                while (symbols.MoveNext())
                {
                    if (SymbolFact.Of(symbols.Current, normalizer) is { } fact)
                    {
                        set.Add(fact.Key, ((uint)fact.Rank << PlaceBits) | (uint)(first + symbols.Ordinal));
                    }
                }
            }
            finally
            {
                symbols.Dispose();
            }

            first += table.Count;
        }

        set.Seal();
        return set;
    }

    private static Dictionary<uint, string> Names(MachOImage image, List<uint> tags, NameNormalizer normalizer)
    {
        var names = new Dictionary<uint, string>(tags.Count);
        var wanted = tags.Select(PlaceOf).Order().ToArray();
        var tagOf = tags.ToDictionary(PlaceOf);
        var (first, next) = (0L, 0);
        foreach (var table in image.SymbolTables)
        {
            var ordinals = wanted.Skip(next).TakeWhile(ordinal => ordinal < first + table.Count).Select(ordinal => (uint)(ordinal - first)).ToArray();
            var symbols = table.Scan(ordinals);
            try
            {
                while (symbols.MoveNext())
                {
                    names.Add(tagOf[(uint)(first + symbols.Ordinal)], ByteText.Decode(normalizer.Text(symbols.Current.Name)));
                }
            }
            finally
            {
                symbols.Dispose();
            }

            first += table.Count;
            next += ordinals.Length;
        }

        return names;
    }

    private static SymbolUse[] Uses(List<uint> tags, Dictionary<uint, string> names)
    {
        // One name may come as an import and as an export.
        var uses = tags.Select(tag => new SymbolUse(names[tag], WordFor(tag))).ToArray();
        Array.Sort(uses, static (x, y) => string.CompareOrdinal(x.Name, y.Name) is not 0 and var order ? order : string.CompareOrdinal(x.Kind, y.Kind));
        return uses;
    }

    private static uint PlaceOf(uint tag) => tag & PlaceMask;

    private static SymbolRank RankOf(uint tag) => (SymbolRank)(tag >> PlaceBits);

    private static string WordFor(uint tag) => SymbolFact.WordFor(RankOf(tag));
}
