using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// LZFSE streams: any order of raw (<c>bvx-</c>), LZVN (<c>bvxn</c>) and entropy-coded (<c>bvx1</c>, <c>bvx2</c>) blocks, closed by
/// <c>bvx$</c>. Format: <c>lzfse_internal.h</c> of Apple's LZFSE reference.
/// </summary>
public static class Lzfse
{
    internal const string Format = "LZFSE";
    internal const uint EndMagic = 0x24787662;
    internal const uint RawMagic = 0x2d787662;
    internal const uint V1Magic = 0x31787662;
    internal const uint V2Magic = 0x32787662;
    internal const uint LzvnMagic = 0x6e787662;

    private const int LzvnHeaderSize = 12;
    private const int RawHeaderSize = 8;

    /// <summary>Whether <paramref name="source"/> begins with the magic of an LZFSE block.</summary>
    public static bool IsLzfse(ReadOnlySpan<byte> source) =>
        source.Length >= 4
        && BinaryPrimitives.ReadUInt32LittleEndian(source) is EndMagic or RawMagic or V1Magic or V2Magic or LzvnMagic;

    /// <summary>Decodes one stream; what follows its end mark is ignored.</summary>
    /// <param name="source">The stream, from its first block.</param>
    /// <param name="destination">Room for all of the output; bytes past the returned count are left undefined.</param>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">The stream is damaged or cut short, or does not fit the destination.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination) => Decode(source, destination, out _);

    /// <summary>Decodes one stream and reports how much of the source it took, its end mark included.</summary>
    /// <inheritdoc cref="Decode(ReadOnlySpan{byte}, Span{byte})"/>
    /// <param name="source">The stream, from its first block.</param>
    /// <param name="destination">Room for all of the output; bytes past the returned count are left undefined.</param>
    /// <param name="consumed">Bytes of <paramref name="source"/> that belong to the stream.</param>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed)
    {
        var at = 0;
        var written = 0;
        while (true)
        {
            if (source.Length - at < 4)
            {
                throw Fault(at, "the stream is cut short: no end mark (bvx$)");
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(source[at..]) == EndMagic)
            {
                consumed = at + 4;
                return written;
            }

            at += DecodeBlock(source[at..], at, destination, ref written);
        }
    }

    /// <summary>
    /// The decoded length of a stream, from its block headers alone; for callers whose container does not declare it.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A header is damaged or the stream is cut short.</exception>
    public static long MeasureDecodedLength(ReadOnlySpan<byte> source)
    {
        var at = 0;
        var total = 0L;
        while (true)
        {
            if (source.Length - at < 4)
            {
                throw Fault(at, "the stream is cut short: no end mark (bvx$)");
            }

            var block = source[at..];
            var (length, size) = MeasureBlock(block, at);
            if (length == 0)
            {
                return total;
            }

            if (length > block.Length)
            {
                throw Fault(at, $"a block of {length} bytes leaves the source");
            }

            total += size;
            at += (int)length;
        }
    }

    /// <summary>
    /// Bytes that the block at <paramref name="origin"/> takes and decodes to, from its first bytes alone; nothing for the end mark.
    /// </summary>
    internal static (long Length, uint Size) MeasureBlock(ReadOnlySpan<byte> block, int origin)
    {
        if (block.Length < 4)
        {
            throw Fault(origin, "the stream is cut short: no end mark (bvx$)");
        }

        var magic = BinaryPrimitives.ReadUInt32LittleEndian(block);
        return magic switch
        {
            EndMagic => default,
            RawMagic => (RawHeaderSize + (long)Field(block, 4, origin), Field(block, 4, origin)),
            LzvnMagic => (LzvnHeaderSize + (long)Field(block, 8, origin), Field(block, 4, origin)),
            V1Magic or V2Magic => (LzfseHeader.Measure(block, origin), Field(block, 4, origin)),
            _ => throw Fault(origin, $"unknown block magic 0x{magic:x8}"),
        };
    }

    /// <summary>Decodes one block behind what <paramref name="written"/> bytes of output there are, and returns the bytes it took.</summary>
    internal static int DecodeBlock(ReadOnlySpan<byte> block, int origin, Span<byte> destination, ref int written)
    {
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(block);
        return magic switch
        {
            RawMagic => DecodeRaw(block, origin, destination, ref written),
            LzvnMagic => DecodeLzvn(block, origin, destination, ref written),
            V1Magic or V2Magic => LzfseBlock.Decode(block, origin, destination, ref written),
            _ => throw Fault(origin, $"unknown block magic 0x{magic:x8}"),
        };
    }

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);

    /// <summary>A 32-bit header field of a block that begins at <paramref name="origin"/> of the stream.</summary>
    internal static uint Field(ReadOnlySpan<byte> block, int offset, int origin)
    {
        if (block.Length - offset < 4)
        {
            throw Fault(origin, "a block header is cut short");
        }

        return BinaryPrimitives.ReadUInt32LittleEndian(block[offset..]);
    }

    /// <summary>The decoded size that a block declares, checked against the room that is left.</summary>
    internal static int RawBytes(ReadOnlySpan<byte> block, int origin, int room)
    {
        var count = Field(block, 4, origin);
        if (count > (uint)room)
        {
            throw Fault(origin, $"a block of {count} decoded bytes exceeds the expected size by {count - (uint)room}");
        }

        return (int)count;
    }

    private static int DecodeRaw(ReadOnlySpan<byte> block, int origin, Span<byte> destination, ref int written)
    {
        var count = RawBytes(block, origin, destination.Length - written);
        if (block.Length - RawHeaderSize < count)
        {
            throw Fault(origin, $"a raw block of {count} bytes is cut short");
        }

        block.Slice(RawHeaderSize, count).CopyTo(destination[written..]);
        written += count;
        return RawHeaderSize + count;
    }

    private static int DecodeLzvn(ReadOnlySpan<byte> block, int origin, Span<byte> destination, ref int written)
    {
        var count = RawBytes(block, origin, destination.Length - written);
        var payload = Field(block, 8, origin);
        if (payload > (uint)(block.Length - LzvnHeaderSize))
        {
            throw Fault(origin, $"an LZVN block of {payload} bytes is cut short");
        }

        // Matches may reach back into what earlier blocks wrote, so the decoder gets the output from its very start.
        var end = written + count;
        var position = written;
        var used = Lzvn.DecodeStream(
            block.Slice(LzvnHeaderSize, (int)payload), origin + LzvnHeaderSize, destination[..end], ref position, out var ended);
        if (!ended || used != (int)payload || position != end)
        {
            throw Fault(origin, $"an LZVN block ended after {position - written} of {count} bytes");
        }

        written = end;
        return LzvnHeaderSize + (int)payload;
    }
}
