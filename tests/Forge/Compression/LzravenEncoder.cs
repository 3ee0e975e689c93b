using System.Buffers.Binary;

namespace IpswDiff.Forge.Compression;

/// <summary>Which filter the encoder lays over machine code before it looks for repeats.</summary>
[Flags]
public enum LzravenFilter
{
    None = 0,
    Arm64 = 2,
    X86 = 4,
}

/// <summary>Writes LZRAVEN streams: every command, every class of distance, filters, stored blocks.</summary>
public static class LzravenEncoder
{
    private const int Block = 0x80000;

    public static byte[] Encode(ReadOnlySpan<byte> data) => Encode(data, LzravenFilter.None);

    /// <param name="data">What the stream decodes to.</param>
    /// <param name="filter">Laid over every block.</param>
    /// <param name="alignment">Where the first instruction of arm64 lies in each block, 0 to 3.</param>
    public static byte[] Encode(ReadOnlySpan<byte> data, LzravenFilter filter, int alignment = 0)
    {
        var plain = data.ToArray();
        for (var begin = 0; begin < plain.Length; begin += Block)
        {
            Filter(plain, begin, Math.Min(plain.Length, begin + Block), filter, alignment);
        }

        var output = new ByteWriter();
        output.UInt32(0xECCA002B);
        output.UInt32((uint)Hint(plain.Length) << 26);
        var coder = new LzravenCoder(plain);
        for (var begin = 0; begin < plain.Length; begin += Block)
        {
            var end = Math.Min(plain.Length, begin + Block);
            var coded = end - begin >= 64 ? coder.Code(begin, end) : null;
            var flags = (uint)filter | (uint)(alignment << 10);
            if (coded is not null && coded.Length < end - begin)
            {
                output.UInt32(((uint)coded.Length << 12) | flags);
                output.Bytes(coded);
            }
            else
            {
                if (coded is not null)
                {
                    coder.Forget();
                }

                output.UInt32(((uint)(end - begin) << 12) | flags | 1);
                output.Bytes(plain.AsSpan(begin, end - begin));
            }
        }

        output.UInt32(0);
        return output.ToArray();
    }

    // The smallest of 64 sizes, four to each power of two from 64 KiB, that holds the data.
    private static int Hint(long length)
    {
        var hint = 0;
        while (hint < 63 && ((long)(4 + (hint % 4)) << (14 + (hint / 4))) < length)
        {
            hint++;
        }

        return hint;
    }

    private static void Filter(byte[] data, int begin, int end, LzravenFilter filter, int alignment)
    {
        if (end - begin < 64)
        {
            return;
        }

        if ((filter & LzravenFilter.Arm64) != 0)
        {
            for (var at = begin + alignment; at + 4 <= end; at += 4)
            {
                var place = data.AsSpan(at, 4);
                BinaryPrimitives.WriteUInt32LittleEndian(place, Arm64(BinaryPrimitives.ReadUInt32LittleEndian(place), at));
            }
        }

        if ((filter & LzravenFilter.X86) != 0)
        {
            X86(data, begin, end);
        }
    }

    private static uint Arm64(uint word, int at)
    {
        // BL of less than 32 MiB: the target's low 24 bits, extended by their sign.
        if (word >> 26 == 0b100101 && Extend(word & 0x3FFFFFF, 26) is >= -0x800000 and < 0x800000)
        {
            return 0x94000000 | ((uint)Extend((word + (uint)(at / 4)) & 0xFFFFFF, 24) & 0x3FFFFFF);
        }

        if ((word & 0x9F000000) != 0x90000000)
        {
            return word;
        }

        // ADRP of less than 2^19 pages: twenty bits, whose low eighteen lie in one piece with their sign above.
        var pages = Extend((((word >> 5) & 0x7FFFF) << 2) | ((word >> 29) & 3), 21);
        if (pages is < -0x80000 or >= 0x80000)
        {
            return word;
        }

        var absolute = (uint)(pages + (at >> 12)) & 0xFFFFF;
        return 0x90000000 | (word & 31) | ((absolute >> 18) << 29) | (((uint)Extend(absolute & 0x3FFFF, 18) & 0x7FFFF) << 5);
    }

    private static int Extend(uint value, int bits) => (int)(value << (32 - bits)) >> (32 - bits);

    private static void X86(byte[] data, int begin, int end)
    {
        for (var at = begin; at + 5 <= end;)
        {
            var isBranch = data[at] is 0xE8 or 0xE9;
            at++;
            if (!isBranch)
            {
                continue;
            }

            if (data[at + 3] is not (0 or 255))
            {
                at += 3;
                continue;
            }

            var target = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(at)) + at;
            data[at] = (byte)(target >> 16);
            data[at + 1] = (byte)(target >> 8);
            data[at + 2] = (byte)target;
            data[at + 3] = (target & 0x1000000) != 0 ? (byte)255 : (byte)0;
            at += 4;
        }
    }
}
