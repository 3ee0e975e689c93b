namespace IpswDiff.Formats.Udif;

/// <summary>
/// Apple Data Compression: a byte with bit 7 set copies its low 7 bits + 1 literals; bit 6 set is a three-byte match of 4 to 67 bytes
/// with a 16-bit distance; otherwise a two-byte match of 3 to 18 bytes with a 10-bit distance. Distances count from 1.
/// </summary>
internal static class AdcChunk
{
    /// <summary>Decodes until either side is used up; returns the bytes written.</summary>
    /// <exception cref="InvalidDataException">A run leaves the source or the destination, or a match points before the start.</exception>
    internal static int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var from = 0;
        var to = 0;
        while (from < source.Length && to < destination.Length)
        {
            var token = source[from];
            if ((token & 0x80) != 0)
            {
                var count = (token & 0x7F) + 1;
                Check(from + 1 + count <= source.Length && to + count <= destination.Length);
                source.Slice(from + 1, count).CopyTo(destination[to..]);
                from += 1 + count;
                to += count;
                continue;
            }

            var isLong = (token & 0x40) != 0;
            Check(from + (isLong ? 3 : 2) <= source.Length);
            var length = isLong ? (token & 0x3F) + 4 : ((token >> 2) & 0xF) + 3;
            var distance = (isLong ? (source[from + 1] << 8) | source[from + 2] : ((token & 3) << 8) | source[from + 1]) + 1;
            Check(distance <= to && to + length <= destination.Length);
            for (var i = 0; i < length; i++, to++)
            {
                destination[to] = destination[to - distance];
            }

            from += isLong ? 3 : 2;
        }

        return to;
    }

    private static void Check(bool holds)
    {
        if (!holds)
        {
            throw new InvalidDataException("a run leaves the chunk");
        }
    }
}
