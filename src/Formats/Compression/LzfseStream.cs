using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// Decodes LZFSE streams of any length block by block: of the output the last 256 KiB are kept, as far as a match can reach back, and
/// of the source one block.
/// </summary>
internal static class LzfseStream
{
    // Longer than the longest distance, 262,139.
    private const int History = 256 << 10;

    // What an entropy-coded block can at most amount to is 24 MB; the others have no bound of their own.
    private const int MaxBlockBytes = 64 << 20;
    private const int FirstBufferBytes = 1 << 20;

    /// <summary>The decoded length of the stream at the front of <paramref name="source"/>, from its block headers alone.</summary>
    /// <exception cref="FirmwareFormatException">A header is damaged or the stream is cut short.</exception>
    internal static long Measure(ByteSource source)
    {
        Span<byte> header = stackalloc byte[LzfseHeader.V1Size];
        var (at, total) = (0L, 0L);
        while (true)
        {
            var (length, size) = Lzfse.MeasureBlock(header[..source.ReadUpTo(at, header)], (int)at);
            if (length == 0)
            {
                return total;
            }

            CheckBlock(source, at, length);
            total += size;
            at += length;
        }
    }

    /// <summary>Decodes the stream at the front of <paramref name="source"/> and hands out what it amounts to, piece by piece.</summary>
    /// <param name="source">The stream; what follows its end mark is ignored.</param>
    /// <param name="maxBytes">What it may amount to.</param>
    /// <param name="sink">Takes the pieces, in order.</param>
    /// <returns>Bytes handed out.</returns>
    /// <exception cref="FirmwareFormatException">The stream is damaged, cut short, or longer than <paramref name="maxBytes"/>.</exception>
    internal static long Decode(ByteSource source, long maxBytes, ByteSink sink)
    {
        var packed = BoundedArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        var output = BoundedArrayPool<byte>.Shared.Rent(FirstBufferBytes + History);
        Span<byte> header = stackalloc byte[LzfseHeader.V1Size];
        try
        {
            var (at, total, kept) = (0L, 0L, 0);
            while (true)
            {
                var head = header[..source.ReadUpTo(at, header)];
                var (length, size) = Lzfse.MeasureBlock(head, (int)at);
                if (length == 0)
                {
                    return total;
                }

                CheckBlock(source, at, length);
                if (size > maxBytes - total || length > MaxBlockBytes || size > MaxBlockBytes)
                {
                    throw Lzfse.Fault(at, $"a block of {length} bytes decodes to {size}, more than the {Math.Min(maxBytes - total, MaxBlockBytes)} that may be decoded");
                }

                Grow(ref packed, (int)length, 0);
                Grow(ref output, kept + (int)size, kept);
                var block = packed.AsSpan(0, (int)length);
                source.ReadExactly(at, block);
                var end = kept;
                Lzfse.DecodeBlock(block, (int)at, output.AsSpan(0, kept + (int)size), ref end);
                sink(output.AsSpan(kept, end - kept));
                at += length;
                total += end - kept;
                kept = Math.Min(end, History);
                output.AsSpan(end - kept, kept).CopyTo(output);
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(packed);
            BoundedArrayPool<byte>.Shared.Return(output);
        }
    }

    private static void CheckBlock(ByteSource source, long at, long length)
    {
        if (at + length > source.Length || at + length > int.MaxValue)
        {
            throw Lzfse.Fault(at, $"a block of {length} bytes leaves the source");
        }
    }

    private static void Grow(ref byte[] buffer, int size, int kept)
    {
        if (size > buffer.Length)
        {
            var larger = BoundedArrayPool<byte>.Shared.Rent(size);
            buffer.AsSpan(0, kept).CopyTo(larger);
            BoundedArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
    }
}
