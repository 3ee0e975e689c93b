using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// Eight rANS coders that take turns, one for each symbol, and share one run of 32-bit words. The first lane begins with the words; the
/// states of the others are written into it.
/// </summary>
internal ref struct LzravenLanes
{
    internal const int Count = 8;

    // A state below this takes up a word.
    private const ulong Full = 1UL << 32;
    private const int ScaleBits = 14;

    private readonly ReadOnlySpan<uint> _words;
    private readonly long _origin;
    private int _next;
    private int _turn;
    private States _states;

    internal LzravenLanes(ReadOnlySpan<byte> bytes, long origin)
    {
        _words = MemoryMarshal.Cast<byte, uint>(bytes);
        _origin = origin;
        var first = (ulong)NextWord() << 32;
        first |= NextWord();
        for (var lane = 1; lane < Count; lane++)
        {
            Fill(ref first);
            var low = (uint)first;
            first = (first & ~(Full - 1)) | NextWord();
            var width = (int)first & 31;
            first >>= 5;
            if (width != 0)
            {
                Fill(ref first);
            }

            var high = (1UL << width) | (first & ((1UL << width) - 1));
            first >>= width;
            _states[lane] = (high << 32) | low;
        }

        _states[0] = first;
    }

    /// <summary>Plain bits, at most 25.</summary>
    internal uint ReadBits(int count)
    {
        ref var state = ref Turn();
        var bits = (uint)state & ((1u << count) - 1);
        state >>= count;
        return bits;
    }

    /// <summary>A symbol of the distribution at <paramref name="row"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int ReadSymbol(ref short row, int rate)
    {
        ref var state = ref Turn();
        var slot = (int)state & (LzravenModel.Scale - 1);
        var symbol = LzravenModel.Take(ref row, rate, slot, out var lower, out var frequency);
        state = ((state >> ScaleBits) * (uint)frequency) + (uint)(slot - lower);
        return symbol;
    }

    /// <summary>Whether a literal comes rather than a match.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool ReadBit(ref short chance)
    {
        ref var state = ref Turn();
        int zero = chance;
        var slot = (int)state & (LzravenModel.Scale - 1);
        if (slot >= zero)
        {
            state = ((state >> ScaleBits) * (uint)(LzravenModel.Scale - zero)) + (uint)(slot - zero);
            chance = (short)(zero - (zero >> 5));
            return true;
        }

        state = ((state >> ScaleBits) * (uint)zero) + (uint)slot;
        chance = (short)(zero + ((LzravenModel.Scale - zero) >> 5));
        return false;
    }

    /// <summary>
    /// The bytes that the coder started from: the low halves of the states, once all has been read. Coders start with a one above them,
    /// which tells nearly every block that was decoded wrongly.
    /// </summary>
    internal readonly void Finish(Span<byte> tail)
    {
        if (_next != _words.Length)
        {
            throw Fault($"{_words.Length - _next} words of a block are left over");
        }

        for (var lane = 0; lane < Count; lane++)
        {
            if (_states[lane] >> 32 != 1)
            {
                throw Fault("a block does not end in the state its coder started from");
            }

            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(tail[(4 * lane)..], (uint)_states[lane]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    private ref ulong Turn()
    {
        ref var state = ref _states[_turn++ & (Count - 1)];
        Fill(ref state);
        return ref state;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Fill(ref ulong state)
    {
        if (state < Full)
        {
            state = (state << 32) | NextWord();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint NextWord()
    {
        var next = _next;
        if ((uint)next >= (uint)_words.Length)
        {
            throw Fault("a block runs out of its words");
        }

        _next = next + 1;
        var word = _words[next];
        return BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);
    }

    private readonly FirmwareFormatException Fault(string reason) => new(Lzraven.Format, _origin + (4L * _next), reason);

    [InlineArray(Count)]
    private struct States
    {
        private ulong _first;
    }
}
