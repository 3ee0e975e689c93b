using System.Buffers.Binary;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// The header of an entropy-coded block, in either spelling: <c>lzfse_compressed_block_header_v1</c> (tables as they are) and
/// <c>_v2</c> (packed fields, tables in a fixed prefix code).
/// </summary>
internal struct LzfseHeader
{
    internal const int LSymbols = 20;
    internal const int MSymbols = 20;
    internal const int DSymbols = 64;
    internal const int LiteralSymbols = 256;
    internal const int TotalSymbols = LSymbols + MSymbols + DSymbols + LiteralSymbols;
    internal const int LStates = 64;
    internal const int MStates = 64;
    internal const int DStates = 256;
    internal const int LiteralStates = 1024;
    internal const int MaxMatches = 10_000;
    internal const int MaxLiterals = 4 * MaxMatches;

    internal const int V1Size = 50 + (2 * TotalSymbols) + V1Padding;
    internal const int V2FixedSize = 32;

    // The reference declares the structure unpacked: 32-bit alignment rounds its 770 bytes up.
    private const int V1Padding = 2;

    internal int Size;
    internal int Literals;
    internal int Matches;
    internal int LiteralBytes;
    internal int LmdBytes;
    internal int LiteralBits;
    internal int LmdBits;
    internal uint Literal0;
    internal uint Literal1;
    internal uint Literal2;
    internal uint Literal3;
    internal uint L;
    internal uint M;
    internal uint D;

    /// <summary>Reads a header and its frequency tables, and checks every value against its range and the bytes there are.</summary>
    internal static LzfseHeader Read(ReadOnlySpan<byte> block, int origin, Span<ushort> frequencies)
    {
        var header = BinaryPrimitives.ReadUInt32LittleEndian(block) == Lzfse.V2Magic
            ? ReadV2(block, origin, frequencies)
            : ReadV1(block, origin, frequencies);
        header.Check(block.Length, origin);
        return header;
    }

    /// <summary>Bytes that a block takes, header and payload, without reading its tables.</summary>
    internal static long Measure(ReadOnlySpan<byte> block, int origin)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(block) == Lzfse.V2Magic)
        {
            Require(block, V2FixedSize, origin);
            var v0 = BinaryPrimitives.ReadUInt64LittleEndian(block[8..]);
            var v1 = BinaryPrimitives.ReadUInt64LittleEndian(block[16..]);
            return (long)BinaryPrimitives.ReadUInt32LittleEndian(block[24..]) + Bits(v0, 20, 20) + Bits(v1, 40, 20);
        }

        Require(block, V1Size, origin);
        return V1Size + (long)Lzfse.Field(block, 20, origin) + Lzfse.Field(block, 24, origin);
    }

    private static LzfseHeader ReadV1(ReadOnlySpan<byte> block, int origin, Span<ushort> frequencies)
    {
        Require(block, V1Size, origin);
        for (var i = 0; i < TotalSymbols; i++)
        {
            frequencies[i] = BinaryPrimitives.ReadUInt16LittleEndian(block[(50 + (2 * i))..]);
        }

        return new LzfseHeader
        {
            Size = V1Size,
            Literals = Count(block, 12, origin),
            Matches = Count(block, 16, origin),
            LiteralBytes = Count(block, 20, origin),
            LmdBytes = Count(block, 24, origin),
            LiteralBits = BinaryPrimitives.ReadInt32LittleEndian(block[28..]),
            Literal0 = BinaryPrimitives.ReadUInt16LittleEndian(block[32..]),
            Literal1 = BinaryPrimitives.ReadUInt16LittleEndian(block[34..]),
            Literal2 = BinaryPrimitives.ReadUInt16LittleEndian(block[36..]),
            Literal3 = BinaryPrimitives.ReadUInt16LittleEndian(block[38..]),
            LmdBits = BinaryPrimitives.ReadInt32LittleEndian(block[40..]),
            L = BinaryPrimitives.ReadUInt16LittleEndian(block[44..]),
            M = BinaryPrimitives.ReadUInt16LittleEndian(block[46..]),
            D = BinaryPrimitives.ReadUInt16LittleEndian(block[48..]),
        };
    }

    private static LzfseHeader ReadV2(ReadOnlySpan<byte> block, int origin, Span<ushort> frequencies)
    {
        Require(block, V2FixedSize, origin);
        var v0 = BinaryPrimitives.ReadUInt64LittleEndian(block[8..]);
        var v1 = BinaryPrimitives.ReadUInt64LittleEndian(block[16..]);
        var v2 = BinaryPrimitives.ReadUInt64LittleEndian(block[24..]);
        var size = (uint)v2;
        if (size < V2FixedSize || size > (uint)block.Length)
        {
            throw Lzfse.Fault(origin, $"a block header of {size} bytes leaves the source");
        }

        ReadFrequencies(block[V2FixedSize..(int)size], origin, frequencies);
        return new LzfseHeader
        {
            Size = (int)size,
            Literals = Bits(v0, 0, 20),
            LiteralBytes = Bits(v0, 20, 20),
            Matches = Bits(v0, 40, 20),
            LiteralBits = Bits(v0, 60, 3) - 7,
            Literal0 = (uint)Bits(v1, 0, 10),
            Literal1 = (uint)Bits(v1, 10, 10),
            Literal2 = (uint)Bits(v1, 20, 10),
            Literal3 = (uint)Bits(v1, 30, 10),
            LmdBytes = Bits(v1, 40, 20),
            LmdBits = Bits(v1, 60, 3) - 7,
            L = (uint)Bits(v2, 32, 10),
            M = (uint)Bits(v2, 42, 10),
            D = (uint)Bits(v2, 52, 10),
        };
    }

    /// <summary>
    /// Frequencies in their prefix code, low bits first: <c>00</c>=0, <c>10</c>=1, <c>001</c>=2, <c>101</c>=3, three bits more for 4 to 7,
    /// <c>0111</c> and four bits for 8 to 23, <c>1111</c> and ten bits for 24 and more. An absent table means all zeros.
    /// </summary>
    private static void ReadFrequencies(ReadOnlySpan<byte> packed, int origin, Span<ushort> frequencies)
    {
        frequencies = frequencies[..TotalSymbols];
        if (packed.IsEmpty)
        {
            frequencies.Clear();
            return;
        }

        var bits = 0u;
        var count = 0;
        var at = 0;
        foreach (ref var frequency in frequencies)
        {
            while (count <= 24 && at < packed.Length)
            {
                bits |= (uint)packed[at++] << count;
                count += 8;
            }

            int width;
            switch (bits & 0xf)
            {
                case 7:
                    width = 8;
                    frequency = (ushort)(8 + ((bits >> 4) & 0xf));
                    break;
                case 15:
                    width = 14;
                    frequency = (ushort)(24 + ((bits >> 4) & 0x3ff));
                    break;
                case 3 or 11:
                    width = 5;
                    frequency = (ushort)(4 + ((bits >> 3) & 3));
                    break;
                case var low when (low & 1) != 0:
                    width = 3;
                    frequency = (ushort)(2 + ((bits >> 2) & 1));
                    break;
                default:
                    width = 2;
                    frequency = (ushort)((bits >> 1) & 1);
                    break;
            }

            if (width > count)
            {
                throw Lzfse.Fault(origin, "the frequency tables of a block are cut short");
            }

            bits >>= width;
            count -= width;
        }

        if (count >= 8 || at != packed.Length)
        {
            throw Lzfse.Fault(origin, "the frequency tables of a block do not end where its header does");
        }
    }

    private readonly void Check(int available, int origin)
    {
        if (Literals > MaxLiterals || (Literals & 3) != 0 || Matches > MaxMatches)
        {
            throw Lzfse.Fault(origin, $"a block declares {Literals} literals and {Matches} matches");
        }

        if ((long)Size + LiteralBytes + LmdBytes > available)
        {
            throw Lzfse.Fault(origin, "a block is cut short");
        }

        if (LiteralBits is < -7 or > 0 || LmdBits is < -7 or > 0)
        {
            throw Lzfse.Fault(origin, "a bit count of a block is out of range");
        }

        if (Math.Max(Math.Max(Literal0, Literal1), Math.Max(Literal2, Literal3)) >= LiteralStates
            || L >= LStates || M >= MStates || D >= DStates)
        {
            throw Lzfse.Fault(origin, "an initial state of a block is out of range");
        }
    }

    private static int Count(ReadOnlySpan<byte> block, int offset, int origin)
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(block[offset..]);
        return value <= int.MaxValue ? (int)value : throw Lzfse.Fault(origin, $"a block header holds a count of {value}");
    }

    private static int Bits(ulong field, int offset, int width) => (int)((field >> offset) & ((1UL << width) - 1));

    private static void Require(ReadOnlySpan<byte> block, int size, int origin)
    {
        if (block.Length < size)
        {
            throw Lzfse.Fault(origin, "a block header is cut short");
        }
    }
}
