using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>Decodes LZSS streams of any length, of which the ring and a piece of source and output are held. See <see cref="Lzss"/>.</summary>
internal static class LzssStream
{
    private const int PieceBytes = 1 << 16;

    /// <summary>The header at the front of <paramref name="source"/>; false where there is none.</summary>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    internal static bool TryReadHeader(ByteSource source, out LzssHeader header)
    {
        Span<byte> front = stackalloc byte[Lzss.HeaderSize];
        return Lzss.TryReadHeader(front[..source.ReadUpTo(0, front)], out header);
    }

    /// <summary>Decodes what a <c>complzss</c> header announces, hands it out piece by piece and checks its Adler-32 at the end.</summary>
    /// <param name="source">Header and stream; what follows them is ignored.</param>
    /// <param name="sink">Takes the pieces, in order.</param>
    /// <returns>Bytes handed out: the header's uncompressed size.</returns>
    /// <exception cref="FirmwareFormatException">The header or stream is damaged or cut short, or the checksum differs.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    internal static long DecodeWithHeader(ByteSource source, ByteSink sink)
    {
        if (!TryReadHeader(source, out var header))
        {
            throw new FirmwareFormatException(Lzss.Format, 0, "no complzss header");
        }

        if (header.CompressedSize > source.Length - Lzss.HeaderSize)
        {
            throw new FirmwareFormatException(Lzss.Format, 16, $"the stream of {header.CompressedSize} bytes is cut short");
        }

        var sum = 1u;
        var written = Decode(source.Slice(Lzss.HeaderSize, header.CompressedSize), header.UncompressedSize, piece =>
        {
            sum = Adler32.Append(sum, piece);
            sink(piece);
        });
        if (written != header.UncompressedSize)
        {
            throw new FirmwareFormatException(Lzss.Format, Lzss.HeaderSize, $"the stream ends after {written} of {header.UncompressedSize} bytes");
        }

        return sum == header.Adler32
            ? written
            : throw new FirmwareFormatException(Lzss.Format, 8, $"the Adler-32 is 0x{sum:x8}, but the header says 0x{header.Adler32:x8}");
    }

    /// <summary>Decodes a bare stream to its end, or until <paramref name="size"/> bytes are there (the format has no end mark).</summary>
    /// <param name="source">The stream.</param>
    /// <param name="size">What it amounts to at the most.</param>
    /// <param name="sink">Takes the pieces, in order.</param>
    /// <returns>Bytes handed out.</returns>
    /// <exception cref="FirmwareFormatException">The stream ends inside an item.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    internal static long Decode(ByteSource source, long size, ByteSink sink)
    {
        var input = BoundedArrayPool<byte>.Shared.Rent(PieceBytes);
        var output = BoundedArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            return Decode(source, size, input.AsSpan(0, PieceBytes), output.AsSpan(0, PieceBytes), sink);
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(input);
            BoundedArrayPool<byte>.Shared.Return(output);
        }
    }

    private static long Decode(ByteSource source, long size, Span<byte> input, Span<byte> output, ByteSink sink)
    {
        // What the ring holds before anything is written: spaces, but for the last 18 places.
        Span<byte> ring = stackalloc byte[Lzss.Ring];
        ring[..^Lzss.LongestMatch].Fill((byte)' ');
        ring[^Lzss.LongestMatch..].Clear();
        var place = Lzss.Ring - Lzss.LongestMatch;
        var (start, known, at) = (0L, 0, 0);
        var (handed, filled, flags) = (0L, 0, 0);
        while (handed + filled < size && Fill(source, input, ref start, ref known, ref at) > 0)
        {
            flags >>= 1;
            if ((flags & 0x100) == 0)
            {
                flags = input[at++] | 0xff00;
                if (Fill(source, input, ref start, ref known, ref at) == 0)
                {
                    break;
                }
            }

            var count = 1;
            var from = -1;
            if ((flags & 1) == 0)
            {
                if (known - at < 2)
                {
                    throw new FirmwareFormatException(Lzss.Format, start + at, "the stream ends inside a match");
                }

                from = input[at] | ((input[at + 1] & 0xf0) << 4);
                count = (int)Math.Min((input[at + 1] & 0x0f) + Lzss.Threshold + 1, size - handed - filled);
                at += 2;
            }

            for (; count > 0; count--)
            {
                var value = from < 0 ? input[at++] : ring[from];
                from = from < 0 ? from : (from + 1) & (Lzss.Ring - 1);
                ring[place] = value;
                place = (place + 1) & (Lzss.Ring - 1);
                output[filled++] = value;
                if (filled == output.Length)
                {
                    sink(output);
                    handed += filled;
                    filled = 0;
                }
            }
        }

        sink(output[..filled]);
        return handed + filled;
    }

    // How many bytes can be read at `at`: two or more, unless the stream ends there.
    private static int Fill(ByteSource source, Span<byte> input, ref long start, ref int known, ref int at)
    {
        if (known - at < 2 && start + known < source.Length)
        {
            input[at..known].CopyTo(input);
            start += at;
            known -= at;
            at = 0;
            known += source.ReadUpTo(start + known, input[known..]);
        }

        return known - at;
    }
}
