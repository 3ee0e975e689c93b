using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// Decodes one entropy-coded block: literals first, all of them, then the triplets (literal length, match length, distance) that place
/// them. Both streams are read backwards from their ends.
/// </summary>
internal static class LzfseBlock
{
    // A copy in whole vectors may write this far past what it must.
    private const int Slack = 32;

    /// <summary>Decodes the block at the front of <paramref name="block"/> and returns the bytes it took.</summary>
    internal static int Decode(ReadOnlySpan<byte> block, int origin, Span<byte> destination, ref int written)
    {
        var count = Lzfse.RawBytes(block, origin, destination.Length - written);
        var tables = LzfseTables.ForThread;
        var header = LzfseHeader.Read(block, origin, tables.Frequencies);
        tables.Build(origin);
        var literalEnd = header.Size + header.LiteralBytes;
        var lmdEnd = literalEnd + header.LmdBytes;
        if (header.Literals > 0)
        {
            DecodeLiterals(block[..literalEnd], origin, header, tables);
        }

        var end = DecodeMatches(block[..lmdEnd], origin, header, tables, destination, written);
        if (end != written + count)
        {
            throw Lzfse.Fault(origin, $"a block decodes to {end - written} bytes, but declares {count}");
        }

        written = end;
        return lmdEnd;
    }

    private static void DecodeLiterals(ReadOnlySpan<byte> block, int origin, in LzfseHeader header, LzfseTables tables)
    {
        ref var source = ref MemoryMarshal.GetReference(block);
        ref var output = ref MemoryMarshal.GetArrayDataReference(tables.Literals);

        // The header alone is longer than 8 bytes, so the first load lies inside the block.
        nint at = block.Length - 8;
        var left = 64 + header.LiteralBits;
        var bits = Load(ref source, at);
        CheckTop(bits, left, origin);

        // States are below the table's length at the start (LzfseHeader.Check) and stay so (LzfseTables.NextState), so the table is
        // read without a further check; the count is at most the length of the output (LzfseHeader.Check).
        ref var table = ref MemoryMarshal.GetArrayDataReference(tables.Literal);
        var s0 = header.Literal0;
        var s1 = header.Literal1;
        var s2 = header.Literal2;
        var s3 = header.Literal3;
        nint count = header.Literals;
        for (nint i = 0; i < count; i += 4)
        {
            // Four symbols take at most 40 bits; a refill leaves 57 or more.
            var step = (64 - left) >> 3;
            at -= step;
            if (at < 0)
            {
                throw Exhausted(origin);
            }

            left += step << 3;
            bits = Load(ref source, at);

            var e0 = Unsafe.Add(ref table, s0);
            var e1 = Unsafe.Add(ref table, s1);
            var e2 = Unsafe.Add(ref table, s2);
            var e3 = Unsafe.Add(ref table, s3);
            left -= (int)(e0 & 0xff);
            s0 = (e0 >> 16) + ((uint)(bits >> left) & ((1u << (int)e0) - 1));
            left -= (int)(e1 & 0xff);
            s1 = (e1 >> 16) + ((uint)(bits >> left) & ((1u << (int)e1) - 1));
            left -= (int)(e2 & 0xff);
            s2 = (e2 >> 16) + ((uint)(bits >> left) & ((1u << (int)e2) - 1));
            left -= (int)(e3 & 0xff);
            s3 = (e3 >> 16) + ((uint)(bits >> left) & ((1u << (int)e3) - 1));
            var four = ((e0 >> 8) & 0xff) | (e1 & 0xff00) | ((e2 & 0xff00) << 8) | ((e3 & 0xff00) << 16);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref output, i), BitConverter.IsLittleEndian ? four : Swap(four));
        }

        if ((at * 8) + left < (nint)header.Size * 8)
        {
            throw Exhausted(origin);
        }
    }

    private static int DecodeMatches(
        ReadOnlySpan<byte> block, int origin, in LzfseHeader header, LzfseTables tables, Span<byte> destination, int written)
    {
        ref var source = ref MemoryMarshal.GetReference(block);
        ref var output = ref MemoryMarshal.GetReference(destination);
        ref var literals = ref MemoryMarshal.GetArrayDataReference(tables.Literals);
        ref var lTable = ref MemoryMarshal.GetArrayDataReference(tables.L);
        ref var mTable = ref MemoryMarshal.GetArrayDataReference(tables.M);
        ref var dTable = ref MemoryMarshal.GetArrayDataReference(tables.D);

        nint at = block.Length - 8;
        var left = 64 + header.LmdBits;
        var bits = Load(ref source, at);
        CheckTop(bits, left, origin);

        var ls = header.L;
        var ms = header.M;
        var ds = header.D;
        nint position = written;
        nint end = destination.Length;
        nint literal = 0;
        nint literalCount = header.Literals;
        nint distance = nint.MaxValue;
        for (var matches = header.Matches; matches > 0; matches--)
        {
            // A triplet takes at most 14 + 17 + 23 = 54 bits; a refill leaves 57 or more.
            var step = (64 - left) >> 3;
            at -= step;
            if (at < 0)
            {
                throw Exhausted(origin);
            }

            left += step << 3;
            bits = Load(ref source, at);

            // States stay below their table's length: see DecodeLiterals.
            var entry = Unsafe.Add(ref lTable, ls);
            left -= (int)(entry & 0xff);
            var field = (uint)(bits >> left) & ((1u << (int)entry) - 1);
            var extra = (int)(entry >> 8);
            ls = ((uint)entry >> 16) + (field >> extra);
            nint l = (int)(entry >> 32) + (int)(field & ((1u << extra) - 1));

            entry = Unsafe.Add(ref mTable, ms);
            left -= (int)(entry & 0xff);
            field = (uint)(bits >> left) & ((1u << (int)entry) - 1);
            extra = (int)(entry >> 8);
            ms = ((uint)entry >> 16) + (field >> extra);
            nint m = (int)(entry >> 32) + (int)(field & ((1u << extra) - 1));

            entry = Unsafe.Add(ref dTable, ds);
            left -= (int)(entry & 0xff);
            field = (uint)(bits >> left) & ((1u << (int)entry) - 1);
            extra = (int)(entry >> 8);
            ds = ((uint)entry >> 16) + (field >> extra);
            nint d = (int)(entry >> 32) + (int)(field & ((1u << extra) - 1));
            distance = d != 0 ? d : distance;

            if (l > literalCount - literal)
            {
                throw Lzfse.Fault(origin, "a block uses more literals than it holds");
            }

            if (distance > position + l)
            {
                throw Lzfse.Fault(origin, $"a match reaches {distance} bytes back from output offset {position + l}");
            }

            // Checked above: the literals lie in their buffer (with its slack), the match begins inside the output.
            if (l + m <= end - position - Slack)
            {
                WideCopy.Run16(ref Unsafe.Add(ref literals, literal), ref Unsafe.Add(ref output, position), l);
                position += l;
                literal += l;
                WideCopy.Match(ref Unsafe.Add(ref output, position), distance, m);
                position += m;
            }
            else if (l + m <= end - position)
            {
                tables.Literals.AsSpan((int)literal, (int)l).CopyTo(destination[(int)position..]);
                position += l;
                literal += l;
                WideCopy.MatchExact(destination, (int)position, (int)distance, (int)m);
                position += m;
            }
            else
            {
                throw Lzfse.Fault(origin, $"a block exceeds the {destination.Length} bytes expected");
            }
        }

        if ((at * 8) + left < ((nint)header.Size + header.LiteralBytes) * 8)
        {
            throw Exhausted(origin);
        }

        return (int)position;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load(ref byte source, nint at)
    {
        var value = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, at));
        return BitConverter.IsLittleEndian ? value : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }

    private static uint Swap(uint value) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);

    private static void CheckTop(ulong bits, int left, int origin)
    {
        if (left < 64 && bits >> left != 0)
        {
            throw Lzfse.Fault(origin, "the unused bits at the end of a stream are not zero");
        }
    }

    private static FirmwareFormatException Exhausted(int origin) => Lzfse.Fault(origin, "a block's bit stream ends early");
}
