using System.Buffers;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>
/// One entry of an index as bytes: numbers as LEB128, a path as what it shares with the one before it and the rest. Text is written unit by
/// unit of UTF-16, because names on HFS+ volumes need not be well-formed.
/// </summary>
internal static class EntryCodec
{
    public const string Format = "unpacked index";

    private const int KindMask = 3;
    private const int Compressed = 4;
    private const int WithTarget = 8;
    private const int WithHash = 16;
    private const int WithDigest = 32;
    private const int WithPlace = 64;

    // Paths of file systems end at 1,024 bytes of UTF-8 and targets with them; archives may hold somewhat longer ones.
    private const int LongestText = 1 << 16;

    public static void Write(ArrayBufferWriter<byte> output, FileEntry entry, string before)
    {
        if (entry.Size < 0 || entry.Mode < 0 || entry.PhysicalOffset < 0)
        {
            throw new FirmwareFormatException(Format, -1, $"{entry.Path} has a size, mode or place below zero");
        }

        var shared = entry.Path.AsSpan().CommonPrefixLength(before);
        WriteNumber(output, (ulong)shared);
        WriteText(output, entry.Path.AsSpan(shared));
        var flags = (int)entry.Kind
            | (entry.IsCompressed ? Compressed : 0)
            | (entry.Target is null ? 0 : WithTarget)
            | (entry.ContentHash is null ? 0 : WithHash)
            | (entry.Digest is null ? 0 : WithDigest)
            | (entry.PhysicalOffset == 0 ? 0 : WithPlace);
        WriteNumber(output, (ulong)flags);
        WriteNumber(output, (ulong)entry.Size);
        WriteNumber(output, (ulong)entry.Mode);
        WriteNumber(output, entry.FileId);
        WriteNumber(output, entry.Uid);
        WriteNumber(output, entry.Gid);
        if (entry.Target is { } target)
        {
            WriteText(output, target);
        }

        if (entry.ContentHash is { } hash)
        {
            WriteText(output, hash);
        }

        if (entry.Digest is { } digest)
        {
            digest.Write(output.GetSpan(ContentDigest.Length)[..ContentDigest.Length]);
            output.Advance(ContentDigest.Length);
        }

        if (entry.PhysicalOffset != 0)
        {
            WriteNumber(output, (ulong)entry.PhysicalOffset);
        }
    }

    /// <exception cref="FirmwareFormatException">The bytes are no entry.</exception>
    public static FileEntry Read(ref SpanReader reader, string before)
    {
        var shared = ReadNumber(ref reader, (ulong)before.Length);
        var path = ReadText(ref reader, before.AsSpan(0, (int)shared));
        var flags = (int)ReadNumber(ref reader, 127);
        var size = (long)ReadNumber(ref reader, long.MaxValue);
        var mode = (int)ReadNumber(ref reader, int.MaxValue);
        var fileId = ReadNumber(ref reader, ulong.MaxValue);
        var uid = (uint)ReadNumber(ref reader, uint.MaxValue);
        var gid = (uint)ReadNumber(ref reader, uint.MaxValue);
        return new FileEntry
        {
            Path = path,
            Kind = (FileKind)(flags & KindMask),
            Size = size,
            Mode = mode,
            FileId = fileId,
            Uid = uid,
            Gid = gid,
            IsCompressed = (flags & Compressed) != 0,
            Target = (flags & WithTarget) != 0 ? ReadText(ref reader, []) : null,
            ContentHash = (flags & WithHash) != 0 ? ReadText(ref reader, []) : null,
            Digest = (flags & WithDigest) != 0 ? ContentDigest.Read(reader.ReadBytes(ContentDigest.Length)) : null,
            PhysicalOffset = (flags & WithPlace) != 0 ? (long)ReadNumber(ref reader, long.MaxValue) : 0,
        };
    }

    private static void WriteText(ArrayBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        WriteNumber(output, (ulong)text.Length);
        foreach (var unit in text)
        {
            WriteNumber(output, unit);
        }
    }

    private static string ReadText(ref SpanReader reader, ReadOnlySpan<char> start)
    {
        // Every unit takes a byte at least, so no length is believed that the block could not hold.
        var count = (int)ReadNumber(ref reader, (ulong)Math.Min(reader.Remaining, LongestText));
        var units = BoundedArrayPool<char>.Shared.Rent(start.Length + count);
        try
        {
            start.CopyTo(units);
            for (var i = 0; i < count; i++)
            {
                units[start.Length + i] = (char)ReadNumber(ref reader, char.MaxValue);
            }

            return new string(units, 0, start.Length + count);
        }
        finally
        {
            BoundedArrayPool<char>.Shared.Return(units);
        }
    }

    private static void WriteNumber(ArrayBufferWriter<byte> output, ulong value)
    {
        var span = output.GetSpan(10);
        var count = 0;
        while (value >= 0x80)
        {
            span[count++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[count++] = (byte)value;
        output.Advance(count);
    }

    private static ulong ReadNumber(ref SpanReader reader, ulong largest)
    {
        var offset = reader.Offset;
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = reader.ReadBytes(1)[0];
            if (shift == 63 && part > 1)
            {
                break;
            }

            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value <= largest
                    ? value
                    : throw new FirmwareFormatException(Format, offset, $"the number {value} is larger than {largest}, the most there can be here");
            }
        }

        throw new FirmwareFormatException(Format, offset, "a number has more than 64 bits");
    }
}
