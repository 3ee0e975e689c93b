using System.Buffers.Binary;

namespace IpswDiff.Forge.Compression;

/// <summary>Writes LZSS streams, bare or behind a <c>complzss</c> header.</summary>
public static class LzssEncoder
{
    private const int Ring = 4096;
    private const int Longest = 18;

    /// <summary>A bare stream.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> data)
    {
        var output = new ByteWriter();
        var items = new ByteWriter();
        var finder = new MatchFinder(Ring);
        var flags = 0;
        var count = 0;
        var position = 0;
        while (position < data.Length)
        {
            var length = finder.Find(data, position, Longest, out var distance);
            if (length == 0)
            {
                length = Spaces(data, position);
                distance = position + Longest;
            }

            if (length == 0)
            {
                flags |= 1 << count;
                items.Byte(data[position++]);
            }
            else
            {
                var place = (Ring - Longest + position - distance) & (Ring - 1);
                items.Byte(place);
                items.Byte(((place >> 4) & 0xf0) | (length - 3));
                finder.Remember(data, position + 1, position + length);
                position += length;
            }

            if (++count == 8 || position == data.Length)
            {
                output.Byte(flags);
                output.Bytes(items.ToArray());
                items = new ByteWriter();
                (flags, count) = (0, 0);
            }
        }

        return output.ToArray();
    }

    /// <summary>A stream behind its <c>complzss</c> header, as an older kernel cache holds it.</summary>
    public static byte[] EncodeWithHeader(ReadOnlySpan<byte> data)
    {
        var stream = Encode(data);
        var output = new byte[0x180 + stream.Length];
        "complzss"u8.CopyTo(output);
        uint a = 1, b = 0;
        foreach (var value in data)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        BinaryPrimitives.WriteUInt32BigEndian(output.AsSpan(8), (b << 16) | a);
        BinaryPrimitives.WriteUInt32BigEndian(output.AsSpan(12), (uint)data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(output.AsSpan(16), (uint)stream.Length);
        stream.CopyTo(output, 0x180);
        return output;
    }

    // Early in the stream the ring still holds spaces before the first byte, which may be used as a match.
    private static int Spaces(ReadOnlySpan<byte> data, int position)
    {
        var run = data.Slice(position, Math.Min(Longest, data.Length - position)).IndexOfAnyExcept((byte)' ');
        var length = run < 0 ? Math.Min(Longest, data.Length - position) : run;
        return length >= 3 && position + Longest < 1024 ? length : 0;
    }
}
