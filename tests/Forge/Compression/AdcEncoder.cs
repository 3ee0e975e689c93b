namespace IpswDiff.Forge.Compression;

/// <summary>
/// Apple Data Compression: literal runs of up to 128 bytes, matches of 3 to 18 bytes at most 1 KiB back in two bytes, matches of
/// 4 to 67 bytes at most 64 KiB back in three.
/// </summary>
public static class AdcEncoder
{
    private const int MaxLiterals = 128;
    private const int HashBits = 14;
    private const int NearDistance = 1024;
    private const int FarDistance = 65536;

    public static byte[] Encode(ReadOnlySpan<byte> data)
    {
        using var output = new MemoryStream();
        var last = new int[1 << HashBits];
        Array.Fill(last, -1);
        var literals = 0;
        var at = 0;
        while (at < data.Length)
        {
            var (length, distance) = FindMatch(data, at, last);
            if (length == 0)
            {
                at++;
                literals++;
                if (literals == MaxLiterals)
                {
                    FlushLiterals(output, data[(at - literals)..at]);
                    literals = 0;
                }

                continue;
            }

            FlushLiterals(output, data[(at - literals)..at]);
            literals = 0;
            var back = distance - 1;
            if (back < NearDistance && length <= 18)
            {
                output.WriteByte((byte)(((length - 3) << 2) | (back >> 8)));
                output.WriteByte((byte)back);
            }
            else
            {
                output.WriteByte((byte)(0x40 | (length - 4)));
                output.WriteByte((byte)(back >> 8));
                output.WriteByte((byte)back);
            }

            at += length;
        }

        FlushLiterals(output, data[(at - literals)..at]);
        return output.ToArray();
    }

    private static (int Length, int Distance) FindMatch(ReadOnlySpan<byte> data, int at, int[] last)
    {
        if (at + 4 > data.Length)
        {
            return default;
        }

        var hash = (int)((System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(data[at..]) * 2654435761) >> (32 - HashBits));
        var candidate = last[hash];
        last[hash] = at;
        if (candidate < 0 || at - candidate > FarDistance)
        {
            return default;
        }

        var length = data[at..].CommonPrefixLength(data[candidate..]);
        length = Math.Min(length, 67);
        return length >= 4 ? (length, at - candidate) : default;
    }

    private static void FlushLiterals(MemoryStream output, ReadOnlySpan<byte> literals)
    {
        if (literals.Length > 0)
        {
            output.WriteByte((byte)(0x80 | (literals.Length - 1)));
            output.Write(literals);
        }
    }
}
