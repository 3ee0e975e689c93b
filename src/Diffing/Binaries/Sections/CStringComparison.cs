using System.IO.Hashing;
using IpswDiff.Diffing.Binaries.Symbols;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Sections;

/// <summary>The printable C-strings of two images as sets of normalised strings.</summary>
internal static class CStringComparison
{
    /// <summary>
    /// Compares the strings of all C-string sections. Null where the sections hold the same bytes, which is told without counting strings.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A section cannot be read.</exception>
    public static (TextChanges Changes, long OldCount, long NewCount)? Compare(MachOImage old, MachOImage @new)
    {
        if (HaveSameSections(old, @new))
        {
            return null;
        }

        using var normalizer = new NameNormalizer();
        using var before = Collect(old, normalizer);
        using var after = Collect(@new, normalizer);
        var (added, removed) = (new List<uint>(), new List<uint>());
        HashedSet.Compare(before, after, removed.Add, added.Add);
        return (new TextChanges(Texts(@new, added, normalizer), Texts(old, removed, normalizer)), before.Count, after.Count);
    }

    /// <summary>Different printable strings.</summary>
    /// <exception cref="FirmwareFormatException">A section cannot be read.</exception>
    public static long Count(MachOImage image)
    {
        using var normalizer = new NameNormalizer();
        using var strings = Collect(image, normalizer);
        return strings.Count;
    }

    private static bool HaveSameSections(MachOImage old, MachOImage @new)
    {
        var (before, after) = (Sections(old).ToArray(), Sections(@new).ToArray());
        return before.Length == after.Length
            && before.Zip(after).All(pair => SectionContent.AreSame(old.OpenSection(pair.First), @new.OpenSection(pair.Second)));
    }

    private static IEnumerable<MachOSection> Sections(MachOImage image) =>
        image.Sections.Where(static section => section.IsCString || section.Name == "__os_log");

    private static HashedSet Collect(MachOImage image, NameNormalizer normalizer)
    {
        var set = new HashedSet(1024);
        Visit(image, (ordinal, text) =>
        {
            set.Add(XxHash3.HashToUInt64(normalizer.Text(text)), ordinal);
            return true;
        });
        set.Seal();
        return set;
    }

    private static string[] Texts(MachOImage image, List<uint> ordinals, NameNormalizer normalizer)
    {
        if (ordinals.Count == 0)
        {
            return [];
        }

        var texts = new List<string>(ordinals.Count);
        ordinals.Sort();
        Visit(image, (ordinal, text) =>
        {
            if (ordinals[texts.Count] == ordinal)
            {
                texts.Add(ByteText.Decode(normalizer.Text(text)));
            }

            return texts.Count < ordinals.Count;
        });
        texts.Sort(StringComparer.Ordinal);
        return [.. texts];
    }

    private delegate bool Visitor(uint ordinal, ReadOnlySpan<byte> text);

    private static void Visit(MachOImage image, Visitor visit)
    {
        var ordinal = 0u;
        foreach (var section in Sections(image))
        {
            foreach (var text in image.ReadCStrings(section))
            {
                if (text.IsTerminated && !text.Bytes.IsEmpty && ByteText.IsPrintable(text.Bytes) && !visit(ordinal++, text.Bytes))
                {
                    return;
                }
            }
        }
    }
}
