using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// LZRAVEN (<c>COMPRESSION_LZRAVEN</c>, algorithm 0xD05 of Apple's Compression framework), the codec of <c>pbzm</c> streams since OS 27.
/// A stream is a magic, a hint of its size, and blocks of 512 KiB of output, each stored or coded by <see cref="LzravenBlock"/>; over the
/// whole output lies, block by block, a filter that made calls and page addresses of machine code absolute. Facts: the black-box
/// description in retrowave3/apple-compressions, whose vectors are this decoder's tests.
/// </summary>
public static class Lzraven
{
    internal const string Format = "LZRAVEN";
    internal const uint Magic = 0xecca002b;
    internal const int HeaderSize = 8;
    internal const int BlockHeaderSize = 4;
    internal const int BlockSize = 512 << 10;

    /// <summary>A coded block has 32 bytes in the states its decoder ends with, and Apple's coder wants as many before them.</summary>
    internal const int SmallestBlock = 64;

    // The header of a block: flags in the low bits, the stored size above them.
    internal const int StoredFlag = 1;
    internal const int Arm64Flag = 2;
    internal const int X86Flag = 4;
    internal const int AlignmentShift = 10;
    internal const int SizeShift = 12;

    // Of the second word only the top six bits are used: a hint at the output's size, which decoding does not need.
    private const uint ReservedHint = 0x03ff_ffff;

    /// <summary>Decodes one stream, up to its empty block.</summary>
    /// <param name="source">The stream, from its magic; what follows the empty block is ignored.</param>
    /// <param name="destination">Room for the output; no more is written than what the stream decodes to.</param>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">The stream is damaged or cut short, or does not fit the destination.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic)
        {
            throw Fault(0, "no LZRAVEN magic");
        }

        if ((BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) & ReservedHint) != 0)
        {
            throw Fault(4, "a bit of the header is set that means nothing");
        }

        var flags = BoundedArrayPool<ushort>.Shared.Rent((destination.Length / BlockSize) + 1);
        var model = BoundedArrayPool<short>.Shared.Rent(LzravenModel.Length);
        try
        {
            var written = DecodeBlocks(source, destination, flags, new LzravenModel(model));
            for (var block = 0; block * BlockSize < written; block++)
            {
                Unfilter(destination[..written], block * BlockSize, flags[block]);
            }

            return written;
        }
        finally
        {
            BoundedArrayPool<short>.Shared.Return(model);
            BoundedArrayPool<ushort>.Shared.Return(flags);
        }
    }

    private static int DecodeBlocks(ReadOnlySpan<byte> source, Span<byte> destination, ushort[] flags, LzravenModel model)
    {
        var at = HeaderSize;
        var written = 0;
        while (source.Length - at >= BlockHeaderSize)
        {
            var header = BinaryPrimitives.ReadUInt32LittleEndian(source[at..]);
            var size = (int)(header >> SizeShift);
            if (size == 0)
            {
                return written;
            }

            if (written % BlockSize != 0)
            {
                throw Fault(at, "a block follows one that is not full");
            }

            if (written == destination.Length)
            {
                throw Fault(at, $"the output exceeds the {destination.Length} bytes expected");
            }

            var begin = at + BlockHeaderSize;
            if (size > source.Length - begin)
            {
                throw Fault(at, $"a block of {size} bytes leaves the source");
            }

            var block = source.Slice(begin, size);
            flags[written / BlockSize] = (ushort)(header & ((1 << SizeShift) - 1));
            written += (header & StoredFlag) != 0
                ? Copy(block, destination[written..], at)
                : new LzravenBlock(block, begin, destination, written).Decode(model);
            at = begin + size;
        }

        throw Fault(at, "the stream ends without its empty block");
    }

    private static int Copy(ReadOnlySpan<byte> stored, Span<byte> destination, int at)
    {
        if (stored.Length > Math.Min(BlockSize, destination.Length))
        {
            throw Fault(at, $"{stored.Length} stored bytes exceed the block or the {destination.Length} bytes left");
        }

        stored.CopyTo(destination);
        return stored.Length;
    }

    private static void Unfilter(Span<byte> output, int begin, int flags)
    {
        var end = Math.Min(output.Length, begin + BlockSize);
        if (end - begin < SmallestBlock)
        {
            return;
        }

        if ((flags & X86Flag) != 0)
        {
            LzravenFilters.UndoX86(output, begin, end);
        }

        if ((flags & Arm64Flag) != 0)
        {
            LzravenFilters.UndoArm64(output, begin + (flags >> AlignmentShift), end);
        }
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}
