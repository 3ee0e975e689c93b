using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// LZ4: bare blocks (the LZ4 block format) and Apple's frames around them (<c>bv41</c>, <c>bv4-</c>, <c>bv4$</c>: compression.h,
/// COMPRESSION_LZ4).
/// </summary>
public static class Lz4
{
    internal const string Format = "LZ4";
    internal const uint CompressedMagic = 0x31347662;
    internal const uint RawMagic = 0x2d347662;
    internal const uint EndMagic = 0x24347662;

    private const int ShortestMatch = 4;
    private const int Slack = 32;

    /// <summary>Decodes a run of Apple's frames up to <c>bv4$</c>; matches may reach back into earlier frames.</summary>
    /// <param name="source">The frames; what follows the end mark is ignored.</param>
    /// <param name="destination">Room for all of the output; bytes past the returned count are left undefined.</param>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">The frames are damaged or cut short, or do not fit the destination.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var written = 0;
        var at = 0;
        while (true)
        {
            var magic = Field(source, at);
            if (magic == EndMagic)
            {
                return written;
            }

            if (magic is not (CompressedMagic or RawMagic))
            {
                throw Fault(at, $"unknown frame magic 0x{magic:x8}");
            }

            var decoded = Field(source, at + 4);
            if (decoded > (uint)(destination.Length - written))
            {
                throw Fault(at, $"a frame of {decoded} decoded bytes exceeds the {destination.Length} bytes expected");
            }

            var header = magic == RawMagic ? 8 : 12;
            var encoded = magic == RawMagic ? decoded : Field(source, at + 8);
            if (encoded > (uint)(source.Length - at - header))
            {
                throw Fault(at, $"a frame of {encoded} bytes is cut short");
            }

            var payload = source.Slice(at + header, (int)encoded);
            var end = written + (int)decoded;
            if (magic == RawMagic)
            {
                payload.CopyTo(destination[written..]);
            }
            else if (Run(payload, at + header, destination[..end], written) != end)
            {
                throw Fault(at, $"a frame does not decode to the {decoded} bytes it declares");
            }

            written = end;
            at += header + (int)encoded;
        }
    }

    /// <summary>Decodes one bare block, which takes the whole source.</summary>
    /// <inheritdoc cref="Decode"/>
    /// <param name="source">The block.</param>
    /// <param name="destination">Room for all of the output; bytes past the returned count are left undefined.</param>
    public static int DecodeBlock(ReadOnlySpan<byte> source, Span<byte> destination) => Run(source, 0, destination, 0);

    private static int Run(ReadOnlySpan<byte> source, long origin, Span<byte> destination, int written)
    {
        nint at = 0;
        nint position = written;
        ref var input = ref MemoryMarshal.GetReference(source);
        ref var output = ref MemoryMarshal.GetReference(destination);
        while (true)
        {
            if (at >= source.Length)
            {
                throw Fault(origin + at, "a block is cut short");
            }

            nint token = Unsafe.Add(ref input, at++);
            var literals = token >> 4;
            if (literals == 15)
            {
                literals += Length(source, ref at, origin);
            }

            if (literals > source.Length - at || literals > destination.Length - position)
            {
                throw Fault(origin + at, $"{literals} literals leave the source or the {destination.Length} bytes expected");
            }

            // Both ends were checked for the literals themselves; whole vectors need their slack on both sides too.
            if (literals + Slack <= source.Length - at && literals + Slack <= destination.Length - position)
            {
                WideCopy.Run16(ref Unsafe.Add(ref input, at), ref Unsafe.Add(ref output, position), literals);
            }
            else
            {
                source.Slice((int)at, (int)literals).CopyTo(destination[(int)position..]);
            }

            at += literals;
            position += literals;
            if (at == source.Length)
            {
                // Only the last sequence of a block has no match.
                return (int)position;
            }

            if (source.Length - at < 2)
            {
                throw Fault(origin + at, "a match is cut short");
            }

            nint distance = BinaryPrimitives.ReadUInt16LittleEndian(source.Slice((int)at, 2));
            at += 2;
            var match = token & 15;
            if (match == 15)
            {
                match += Length(source, ref at, origin);
            }

            match += ShortestMatch;
            if ((nuint)(distance - 1) >= (nuint)position)
            {
                throw Fault(origin + at, $"a match reaches {distance} bytes back from output offset {position}");
            }

            if (match > destination.Length - position)
            {
                throw Fault(origin + at, $"the output exceeds the {destination.Length} bytes expected");
            }

            // Checked above: the match begins inside the output and ends inside it; the wide copy needs its slack too.
            if (match + Slack <= destination.Length - position)
            {
                WideCopy.Match(ref Unsafe.Add(ref output, position), distance, match);
            }
            else
            {
                WideCopy.MatchExact(destination, (int)position, (int)distance, (int)match);
            }

            position += match;
        }
    }

    // Further bytes of a length, each 255 promising another. A source below 2^31 bytes cannot add up to more than 2^39, which fits.
    private static nint Length(ReadOnlySpan<byte> source, ref nint at, long origin)
    {
        var total = 0L;
        while (at < source.Length)
        {
            var more = source[(int)at++];
            total += more;
            if (more != 255)
            {
                return (nint)Math.Min(total, int.MaxValue);
            }
        }

        throw Fault(origin + at, "a length is cut short");
    }

    private static uint Field(ReadOnlySpan<byte> source, int offset) =>
        offset <= source.Length - 4
            ? BinaryPrimitives.ReadUInt32LittleEndian(source[offset..])
            : throw Fault(offset, "the frames are cut short: no end mark (bv4$)");

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}
