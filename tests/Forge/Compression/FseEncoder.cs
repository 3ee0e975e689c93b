using System.Numerics;

namespace IpswDiff.Forge.Compression;

/// <summary>
/// One finite-state entropy table for writing: the decoder's transitions, turned round. A decoder in state <c>t</c> yields the symbol
/// that owns <c>t</c> and goes to <c>base(t)</c> plus some bits; so to write that symbol before state <c>s</c> one picks the <c>t</c>
/// whose range holds <c>s</c> and writes the difference.
/// </summary>
internal sealed class FseEncoder
{
    private readonly (ushort State, byte Width, ushort Base)[][] _transitions;
    private int _state;

    internal FseEncoder(ReadOnlySpan<ushort> frequencies, int states)
    {
        _transitions = new (ushort, byte, ushort)[frequencies.Length][];
        var offset = 0;
        for (var symbol = 0; symbol < frequencies.Length; symbol++)
        {
            int frequency = frequencies[symbol];
            if (frequency == 0)
            {
                continue;
            }

            // Owned states read k bits while frequency << k covers the states at most twice, the later ones k - 1.
            var k = BitOperations.Log2((uint)states) - BitOperations.Log2((uint)frequency);
            var wide = ((2 * states) >> k) - frequency;
            var row = new (ushort State, byte Width, ushort Base)[states];
            for (var j = 0; j < frequency; j++)
            {
                var width = j < wide ? k : k - 1;
                var start = j < wide ? ((frequency + j) << k) - states : (j - wide) << (k - 1);
                row.AsSpan(start, 1 << width).Fill(((ushort)(offset + j), (byte)width, (ushort)start));
            }

            _transitions[symbol] = row;
            offset += frequency;
        }
    }

    /// <summary>The state a decoder begins in once everything is written.</summary>
    internal int State => _state;

    internal void Push(BackwardBits bits, int symbol) => _state = Push(bits, symbol, _state);

    /// <summary>For tables that several interleaved states share.</summary>
    internal int Push(BackwardBits bits, int symbol, int state)
    {
        var (next, width, start) = _transitions[symbol][state];
        bits.Push((uint)(state - start), width);
        return next;
    }

    /// <summary>Scales counts to frequencies whose sum is <paramref name="states"/> and where nothing that occurs is zero.</summary>
    internal static ushort[] Normalize(ReadOnlySpan<int> counts, int states)
    {
        var total = 0L;
        foreach (var count in counts)
        {
            total += count;
        }

        var frequencies = new ushort[counts.Length];
        if (total == 0)
        {
            frequencies[0] = (ushort)states;
            return frequencies;
        }

        var left = states;
        for (var i = 0; i < counts.Length; i++)
        {
            frequencies[i] = counts[i] == 0 ? (ushort)0 : (ushort)Math.Max(1, counts[i] * states / total);
            left -= frequencies[i];
        }

        while (left != 0)
        {
            var largest = frequencies.AsSpan().IndexOf(frequencies.Max());
            var change = left > 0 ? left : Math.Max(left, -(frequencies[largest] / 2));
            frequencies[largest] = (ushort)(frequencies[largest] + change);
            left -= change;
        }

        return frequencies;
    }
}
