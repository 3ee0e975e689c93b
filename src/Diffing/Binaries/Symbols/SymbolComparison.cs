using System.IO.Hashing;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>The symbols of two images as sets of normalised names. Names become text only where they differ.</summary>
internal static class SymbolComparison
{
    // A tag is the symbol's place in its table with its kind below; of several symbols of one name the first in the table counts.
    private const int KindBits = 2;
    private const uint KindMask = (1 << KindBits) - 1;

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
            if (((x ^ y) & KindMask) != 0)
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
            [.. rekinded.Select(pair => new SymbolKindChange(newNames[pair.New], KindOf(pair.Old), KindOf(pair.New))).OrderBy(change => change.Name, StringComparer.Ordinal)]);
        return (changes, before.Count, after.Count);
    }

    /// <summary>Different symbols by normalised name.</summary>
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
        // The tables' stated counts are believed only as far as pooled arrays are cheap; the set grows by itself.
        var set = new HashedSet((int)Math.Min(image.SymbolTables.Sum(table => table.Count), 1 << 16));
        var first = 0L;
        foreach (var table in image.SymbolTables)
        {
            var symbols = table.Scan();
            try
            {
                while (symbols.MoveNext())
                {
                    var symbol = symbols.Current;
                    if (!symbol.Name.IsEmpty)
                    {
                        var place = checked((uint)(first + symbols.Ordinal) << KindBits);
                        set.Add(XxHash3.HashToUInt64(normalizer.Symbol(symbol.Name)), place | (uint)symbol.Kind);
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
        var wanted = tags.Select(tag => tag >> KindBits).Order().ToArray();
        var kinds = tags.ToDictionary(tag => tag >> KindBits);
        var (first, next) = (0L, 0);
        foreach (var table in image.SymbolTables)
        {
            var ordinals = wanted.Skip(next).TakeWhile(ordinal => ordinal < first + table.Count).Select(ordinal => (uint)(ordinal - first)).ToArray();
            var symbols = table.Scan(ordinals);
            try
            {
                while (symbols.MoveNext())
                {
                    names.Add(kinds[(uint)(first + symbols.Ordinal)], ByteText.Decode(normalizer.Symbol(symbols.Current.Name)));
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
        var uses = tags.Select(tag => new SymbolUse(names[tag], KindOf(tag))).ToArray();
        Array.Sort(uses, static (x, y) => string.CompareOrdinal(x.Name, y.Name));
        return uses;
    }

    private static string KindOf(uint tag) => (SymbolKind)(tag & KindMask) switch
    {
        SymbolKind.Undefined => "import",
        SymbolKind.External => "export",
        SymbolKind.Local => "local",
        _ => "debug",
    };
}
