using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// LZSS as older kernel caches use it: a ring of 4096 bytes, matches of 3 to 18, eight flags ahead of eight items; and the
/// <c>complzss</c> header around it. Format: <c>compression.c</c> and <c>mkext.h</c> of Apple's kext_tools.
/// </summary>
public static class Lzss
{
    /// <summary>Bytes of a <c>complzss</c> header; the stream follows.</summary>
    public const int HeaderSize = 0x180;

    internal const string Format = "LZSS";

    internal const int Ring = 4096;
    internal const int LongestMatch = 18;
    internal const int Threshold = 2;

    /// <summary>Reads a <c>complzss</c> header, big endian; false where the bytes are none.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> source, out LzssHeader header)
    {
        header = default;
        if (source.Length < HeaderSize || !source.StartsWith("complzss"u8))
        {
            return false;
        }

        header = new LzssHeader(
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[16..]));
        return true;
    }

    /// <summary>Decodes what a <c>complzss</c> header announces and checks its Adler-32.</summary>
    /// <param name="source">Header and stream; what follows them (a monitor image on some devices) is ignored.</param>
    /// <param name="destination">Room for the header's uncompressed size; no more is written.</param>
    /// <returns>Bytes written: the header's uncompressed size.</returns>
    /// <exception cref="FirmwareFormatException">The header or stream is damaged, cut short or does not fit, or the checksum differs.</exception>
    public static int DecodeWithHeader(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (!TryReadHeader(source, out var header))
        {
            throw new FirmwareFormatException(Format, 0, "no complzss header");
        }

        if (header.CompressedSize > (uint)(source.Length - HeaderSize))
        {
            throw new FirmwareFormatException(Format, 16, $"the stream of {header.CompressedSize} bytes is cut short");
        }

        if (header.UncompressedSize > (uint)destination.Length)
        {
            throw new FirmwareFormatException(Format, 12, $"{header.UncompressedSize} bytes exceed the {destination.Length} expected");
        }

        var output = destination[..(int)header.UncompressedSize];
        var written = Decode(source.Slice(HeaderSize, (int)header.CompressedSize), output);
        if (written != output.Length)
        {
            throw new FirmwareFormatException(Format, HeaderSize, $"the stream ends after {written} of {output.Length} bytes");
        }

        var sum = Adler32.Compute(output);
        if (sum != header.Adler32)
        {
            throw new FirmwareFormatException(Format, 8, $"the Adler-32 is 0x{sum:x8}, but the header says 0x{header.Adler32:x8}");
        }

        return written;
    }

    /// <summary>Decodes a bare stream to its end, or until the destination is full (the format has no end mark).</summary>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">The stream ends inside an item.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var at = 0;
        var written = 0;
        var flags = 0;
        while (written < destination.Length && at < source.Length)
        {
            // A bit above the eight flags says when they are used up.
            flags >>= 1;
            if ((flags & 0x100) == 0)
            {
                flags = source[at++] | 0xff00;
                if (at == source.Length)
                {
                    break;
                }
            }

            if ((flags & 1) != 0)
            {
                destination[written++] = source[at++];
                continue;
            }

            if (source.Length - at < 2)
            {
                throw new FirmwareFormatException(Format, at, "the stream ends inside a match");
            }

            var place = source[at] | ((source[at + 1] & 0xf0) << 4);
            var count = Math.Min((source[at + 1] & 0x0f) + Threshold + 1, destination.Length - written);
            at += 2;

            // The ring is written from place 4078 on; a place is that far behind the next byte to be written.
            var distance = (Ring - LongestMatch + written - place) & (Ring - 1);
            distance = distance == 0 ? Ring : distance;
            if (distance <= written)
            {
                WideCopy.MatchExact(destination, written, distance, count);
                written += count;
                continue;
            }

            for (var end = written + count; written < end; written++)
            {
                destination[written] = distance <= written ? destination[written - distance] : Before(written - distance);
            }
        }

        return written;
    }

    // What the ring holds before anything is written: spaces, but for the last 18 places, which lie farthest back.
    private static byte Before(int position) => position >= LongestMatch - Ring ? (byte)' ' : (byte)0;
}

/// <summary>What a <c>complzss</c> header declares.</summary>
/// <param name="Adler32">Checksum of the decoded bytes.</param>
/// <param name="UncompressedSize">Decoded bytes.</param>
/// <param name="CompressedSize">Bytes of the stream.</param>
public readonly record struct LzssHeader(uint Adler32, uint UncompressedSize, uint CompressedSize);
