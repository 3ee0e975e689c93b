using System.Buffers.Binary;

namespace IpswDiff.Forge.Samples;

/// <summary>
/// A small deflate encoder (RFC 1951, fixed Huffman codes) whose output depends on its input alone. The runtime's own zlib chooses
/// its matches by what the processor can do, so committed images that must rebuild byte for byte cannot come from it.
/// </summary>
public static class FixedDeflate
{
    private const int WindowSize = 32 * 1024;
    private const int MinMatch = 3;
    private const int MaxMatch = 258;
    private const int HashBits = 15;
    private const int MaxChain = 64;

    private static readonly int[] LengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    private static readonly int[] LengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    private static readonly int[] DistanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
    private static readonly int[] DistanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

    /// <summary>A raw deflate stream of one block.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> input)
    {
        var writer = new BitWriter(input.Length);
        Encode(input, writer);
        return writer.ToArray();
    }

    /// <summary>A zlib stream (RFC 1950).</summary>
    public static byte[] CompressZlib(ReadOnlySpan<byte> input)
    {
        var body = Compress(input);
        var stream = new byte[body.Length + 6];
        stream[0] = 0x78;
        stream[1] = 0x01;
        body.CopyTo(stream.AsSpan(2));
        BinaryPrimitives.WriteUInt32BigEndian(stream.AsSpan(body.Length + 2), Adler32(input));
        return stream;
    }

    private static void Encode(ReadOnlySpan<byte> input, BitWriter writer)
    {
        var head = new int[1 << HashBits];
        var previous = new int[input.Length];
        Array.Fill(head, -1);

        // The last block, with fixed codes.
        writer.Bits(1, 1);
        writer.Bits(1, 2);
        var at = 0;
        while (at < input.Length)
        {
            var (length, distance) = FindMatch(input, at, head, previous);
            if (length < MinMatch)
            {
                Symbol(writer, input[at]);
                Insert(input, at++, head, previous);
                continue;
            }

            Match(writer, length, distance);
            for (var end = at + length; at < end; at++)
            {
                Insert(input, at, head, previous);
            }
        }

        Symbol(writer, 256);
    }

    private static (int Length, int Distance) FindMatch(ReadOnlySpan<byte> input, int at, int[] head, int[] previous)
    {
        var best = 0;
        var distance = 0;
        if (at + MinMatch > input.Length)
        {
            return (0, 0);
        }

        var rest = input[at..Math.Min(input.Length, at + MaxMatch)];
        var candidate = head[Hash(input[at..])];
        for (var chain = 0; chain < MaxChain && candidate >= 0 && at - candidate <= WindowSize; chain++)
        {
            var length = rest.CommonPrefixLength(input[candidate..]);
            if (length > best)
            {
                (best, distance) = (length, at - candidate);
                if (best == rest.Length)
                {
                    break;
                }
            }

            candidate = previous[candidate];
        }

        return (best, distance);
    }

    private static void Insert(ReadOnlySpan<byte> input, int at, int[] head, int[] previous)
    {
        if (at + MinMatch <= input.Length)
        {
            var hash = Hash(input[at..]);
            previous[at] = head[hash];
            head[hash] = at;
        }
    }

    private static int Hash(ReadOnlySpan<byte> bytes) => (int)(((uint)(bytes[0] | (bytes[1] << 8) | (bytes[2] << 16)) * 2654435761u) >> (32 - HashBits));

    private static void Match(BitWriter writer, int length, int distance)
    {
        var code = IndexBelow(LengthBase, length);
        Symbol(writer, 257 + code);
        writer.Bits((uint)(length - LengthBase[code]), LengthExtra[code]);
        code = IndexBelow(DistanceBase, distance);
        writer.Code((uint)code, 5);
        writer.Bits((uint)(distance - DistanceBase[code]), DistanceExtra[code]);
    }

    private static int IndexBelow(int[] bases, int value)
    {
        var index = Array.BinarySearch(bases, value);
        return index < 0 ? ~index - 1 : index;
    }

    // RFC 1951, 3.2.6.
    private static void Symbol(BitWriter writer, int symbol)
    {
        switch (symbol)
        {
            case < 144:
                writer.Code((uint)(0x30 + symbol), 8);
                break;
            case < 256:
                writer.Code((uint)(0x190 + symbol - 144), 9);
                break;
            case < 280:
                writer.Code((uint)(symbol - 256), 7);
                break;
            default:
                writer.Code((uint)(0xC0 + symbol - 280), 8);
                break;
        }
    }

    private static uint Adler32(ReadOnlySpan<byte> input)
    {
        uint a = 1, b = 0;
        foreach (var value in input)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        return (b << 16) | a;
    }

    private sealed class BitWriter(int expected)
    {
        private readonly List<byte> _bytes = new((expected / 2) + 16);
        private uint _pending;
        private int _count;

        // Numbers go lowest bit first, Huffman codes highest bit first (RFC 1951, 3.1.1).
        public void Bits(uint value, int count)
        {
            for (var i = 0; i < count; i++)
            {
                Bit((value >> i) & 1);
            }
        }

        public void Code(uint value, int count)
        {
            for (var i = count - 1; i >= 0; i--)
            {
                Bit((value >> i) & 1);
            }
        }

        public byte[] ToArray()
        {
            while (_count != 0)
            {
                Bit(0);
            }

            return [.. _bytes];
        }

        private void Bit(uint bit)
        {
            _pending |= bit << _count;
            if (++_count == 8)
            {
                _bytes.Add((byte)_pending);
                (_pending, _count) = (0, 0);
            }
        }
    }
}
