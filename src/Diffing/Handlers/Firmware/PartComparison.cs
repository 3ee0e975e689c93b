using System.Security.Cryptography;
using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Binaries.Sections;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DeviceTree;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.TrustCache;

namespace IpswDiff.Diffing.Handlers.Firmware;

/// <summary>
/// Two versions of one piece of firmware, compared as what they are: Mach-O, device tree, trust cache; anything else by
/// size, hash and strings. Holds nothing between calls.
/// </summary>
internal sealed class PartComparison(BinaryComparison binaries)
{
    private const string DeviceTreeTag = "dtre";

    private enum PartKind
    {
        Raw,
        MachO,
        DeviceTree,
        TrustCache,
    }

    /// <summary>Compares two parts and puts into <paramref name="sink"/> what differs.</summary>
    /// <param name="path">The item's path.</param>
    /// <param name="tag">The tag of their IM4P, or null.</param>
    /// <param name="old">The old one.</param>
    /// <param name="new">The new one.</param>
    /// <param name="sink">Takes the item.</param>
    /// <exception cref="FirmwareFormatException">A side is damaged.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public void Compare(string path, string? tag, ByteSource old, ByteSource @new, ItemSink sink)
    {
        if (old.Length == @new.Length && SectionContent.AreSame(old, @new))
        {
            return;
        }

        var kind = KindOf(tag, @new);
        var found = KindOf(tag, old) != kind ? CompareRaw(path, old, @new, ["kind"]) : kind switch
        {
            PartKind.MachO => CompareBinaries(path, old, @new),
            PartKind.DeviceTree => CompareValues(path, DeviceTreeComparison.Compare(DeviceTreeFile.Open(old), DeviceTreeFile.Open(@new)), "properties"),
            PartKind.TrustCache => CompareValues(path, TrustCacheComparison.Compare(TrustCacheFile.Open(old), TrustCacheFile.Open(@new)), TrustCacheComparison.Aspect),
            _ => CompareRaw(path, old, @new, []),
        };
        sink.AddDifferent(new ReportItem { Path = path, What = found.What, Counts = found.Counts }, found.Details);
    }

    /// <summary>Size and SHA-256 of two pieces of raw firmware, as values that changed.</summary>
    public static IReadOnlyList<ValueChange> Facts(ByteSource old, ByteSource @new) =>
    [
        .. old.Length == @new.Length ? Array.Empty<ValueChange>() : [new ValueChange(["size"], Json.Of(old.Length), Json.Of(@new.Length))],
        new ValueChange(["sha256"], Json.Of(HashOf(old)), Json.Of(HashOf(@new))),
    ];

    private static PartKind KindOf(string? tag, ByteSource source)
    {
        Span<byte> head = stackalloc byte[64];
        ReadOnlySpan<byte> read = head[..source.ReadUpTo(0, head)];
        return MachOFile.Matches(read) ? PartKind.MachO
            : tag == DeviceTreeTag ? PartKind.DeviceTree
            : (tag is not null && TrustCacheFile.IsTag(tag)) || IsTrustCache(source) ? PartKind.TrustCache
            : PartKind.Raw;
    }

    private static bool IsTrustCache(ByteSource source) => TrustCacheFile.TryOpen(source, out var cache) && cache.Count > 0;

    private Found CompareBinaries(string path, ByteSource old, ByteSource @new)
    {
        var slices = SlicePairs.Compare(binaries, MachOFile.Open(old), MachOFile.Open(@new));
        return new Found(
            [.. slices.SelectMany(slice => slice.What).Distinct(StringComparer.Ordinal)], BinaryCounts.Of(slices), new ItemDetails { Path = path, Slices = slices });
    }

    private static Found CompareValues(string path, IReadOnlyList<ValueChange> values, string aspect)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        Add("Added", values.Count(value => value.Old is null));
        Add("Removed", values.Count(value => value.New is null));
        Add("Changed", values.Count(value => value is { Old: not null, New: not null }));
        return new Found(values.Count == 0 ? [] : [aspect], counts, new ItemDetails { Path = path, Values = values });

        void Add(string what, long count)
        {
            if (count > 0)
            {
                counts[aspect + what] = count;
            }
        }
    }

    private static Found CompareRaw(string path, ByteSource old, ByteSource @new, string[] what)
    {
        var strings = LocatedStrings.Compare(LocatedStrings.Read(old), LocatedStrings.Read(@new));
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal) { ["bytes"] = Math.Abs(@new.Length - old.Length) };
        LocatedStrings.Count(strings, counts);
        return new Found(
            [.. what, old.Length == @new.Length ? "content" : "size", .. strings is null ? Array.Empty<string>() : ["strings"]],
            counts,
            new ItemDetails { Path = path, Values = Facts(old, @new), Strings = strings });
    }

    private static string HashOf(ByteSource source)
    {
        using var stream = new ByteSourceStream(source);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private sealed record Found(IReadOnlyList<string> What, IReadOnlyDictionary<string, long> Counts, ItemDetails Details);
}
