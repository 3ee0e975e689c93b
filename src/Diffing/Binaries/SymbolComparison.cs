using System.IO.Hashing;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries;

/// <summary>The symbols of two images as sets of normalised names. Names become text only where they differ.</summary>
internal static class SymbolComparison
{
    // A tag is the symbol's place in its table with its kind below; of several symbols of one name the first in the table counts.
    private const int KindBits = 2;
    private const uint KindMask = (1 << KindBits) - 1;

    /// <summary>Compares the symbols of two images.</summary>
    /// <exception cref="Formats.FirmwareFormatException">A symbol table is damaged.</exception>
    public static (SymbolChanges Changes, long OldCount, long NewCount) Compare(MachOImage old, MachOImage @new)
    {
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

    private static HashedSet Collect(MachOImage image, NameNormalizer normalizer)
    {
        // The table's stated count is believed only as far as pooled arrays are cheap; the set grows by itself.
        var set = new HashedSet((int)Math.Min(image.Symbols?.Count ?? 0, 1 << 16));
        if (image.Symbols is { } symbols)
        {
            var ordinal = 0u;
            foreach (var symbol in symbols)
            {
                if (!symbol.Name.IsEmpty)
                {
                    set.Add(XxHash3.HashToUInt64(normalizer.Symbol(symbol.Name)), checked(ordinal << KindBits) | (uint)symbol.Kind);
                }

                ordinal++;
            }
        }

        set.Seal();
        return set;
    }

    private static Dictionary<uint, string> Names(MachOImage image, List<uint> tags, NameNormalizer normalizer)
    {
        var names = new Dictionary<uint, string>(tags.Count);
        if (tags.Count == 0)
        {
            return names;
        }

        var wanted = tags.ToArray();
        Array.Sort(wanted);
        var (ordinal, next) = (0u, 0);
        foreach (var symbol in image.Symbols!)
        {
            if (wanted[next] >> KindBits == ordinal)
            {
                names.Add(wanted[next], ByteText.Decode(normalizer.Symbol(symbol.Name)));
                if (++next == wanted.Length)
                {
                    break;
                }
            }

            ordinal++;
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
