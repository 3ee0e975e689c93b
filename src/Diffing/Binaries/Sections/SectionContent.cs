using System.IO.Hashing;
using IpswDiff.Diffing.Binaries.Symbols;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Sections;

/// <summary>How the content of a section is compared.</summary>
internal enum ContentMode
{
    /// <summary>Not at all: there is none, or it holds addresses that move.</summary>
    Skip,

    /// <summary>Byte by byte.</summary>
    Verbatim,

    /// <summary>As a sequence of strings, build noise aside.</summary>
    OrderedStrings,

    /// <summary>As a bag of strings, build noise aside: a linker may sort them anew.</summary>
    StringBag,
}

/// <summary>Compares the content of two sections of one name and size.</summary>
internal static class SectionContent
{
    private const int ChunkBytes = 64 << 10;

    public static ContentMode ModeOf(MachOSection section, bool everything) => section switch
    {
        { IsZeroFill: true } or { Size: 0 } => ContentMode.Skip,
        { IsCode: true } => everything ? ContentMode.Verbatim : ContentMode.Skip,
        { IsCString: true } => everything ? ContentMode.OrderedStrings : ContentMode.StringBag,
        { Type: SectionType.FourByteLiterals or SectionType.EightByteLiterals or SectionType.SixteenByteLiterals } => ContentMode.Verbatim,
        { SegmentName: "__TEXT", Name: "__objc_methname" or "__objc_classname" or "__objc_methtype" or "__swift5_reflstr" or "__os_log" } =>
            everything ? ContentMode.OrderedStrings : ContentMode.StringBag,
        { SegmentName: "__TEXT", Name: "__ustring" or "__info_plist" or "__entitlements" } => ContentMode.Verbatim,
        { SegmentName: "__DATA_CONST", Name: "__objc_imageinfo" } => ContentMode.Verbatim,
        _ => everything ? ContentMode.Verbatim : ContentMode.Skip,
    };

    /// <summary>Whether two sections of equal size hold the same as far as <paramref name="mode"/> compares it.</summary>
    /// <exception cref="FirmwareFormatException">A section cannot be read.</exception>
    public static bool AreEqual(MachOImage old, MachOSection before, MachOImage @new, MachOSection after, ContentMode mode)
    {
        if (mode == ContentMode.Skip || AreSame(old.OpenSection(before), @new.OpenSection(after)))
        {
            return true;
        }

        return mode switch
        {
            ContentMode.OrderedStrings => Sum(old, before, ordered: true) == Sum(@new, after, ordered: true),
            ContentMode.StringBag => Sum(old, before, ordered: false) == Sum(@new, after, ordered: false),
            _ => false,
        };
    }

    /// <summary>
    /// Whether two sources hold the same bytes, in time that grows with what is stored of them and not with their
    /// holes.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public static bool AreSame(ByteSource old, ByteSource @new)
    {
        if (old.Length != @new.Length)
        {
            return false;
        }

        var left = BoundedArrayPool<byte>.Shared.Rent(ChunkBytes);
        var right = BoundedArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (long offset = 0; offset < old.Length;)
            {
                var (before, after) = (old.RunAt(offset), @new.RunAt(offset));
                if (before.IsHole && after.IsHole)
                {
                    offset += Math.Min(before.Length, after.Length);
                    continue;
                }

                var count = (int)Math.Min(ChunkBytes, old.Length - offset);
                count = before.IsHole
                    ? (int)Math.Min(count, before.Length) : after.IsHole ? (int)Math.Min(count, after.Length) : count;
                if (!AreSame(Read(old, before, offset, left.AsSpan(0, count)),
                    Read(@new, after, offset, right.AsSpan(0, count))))
                {
                    return false;
                }

                offset += count;
            }

            return true;
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(left);
            BoundedArrayPool<byte>.Shared.Return(right);
        }
    }

    // Of a hole nothing is read.
    private static ReadOnlySpan<byte> Read(ByteSource source, ByteRun run, long offset, Span<byte> buffer)
    {
        if (run.IsHole)
        {
            return default;
        }

        source.ReadExactly(offset, buffer);
        return buffer;
    }

    private static bool AreSame(ReadOnlySpan<byte> old, ReadOnlySpan<byte> @new) =>
        old.IsEmpty ? @new.IndexOfAnyExcept((byte)0) < 0
        : @new.IsEmpty ? old.IndexOfAnyExcept((byte)0) < 0
        : old.SequenceEqual(@new);

    private static (UInt128 Sum, long Count) Sum(MachOImage image, MachOSection section, bool ordered)
    {
        using var normalizer = new NameNormalizer();
        UInt128 sum = 0;
        var count = 0L;
        foreach (var text in image.ReadCStrings(section))
        {
            if (text.Bytes.IsEmpty)
            {
                // Padding between strings; its amount shows in the section's size.
                continue;
            }

            var hash = XxHash128.HashToUInt128(normalizer.Text(text.Bytes));
            sum = unchecked(ordered ? (sum * 0x9E3779B97F4A7C15) + hash : sum + hash);
            count++;
        }

        return (sum, count);
    }
}
