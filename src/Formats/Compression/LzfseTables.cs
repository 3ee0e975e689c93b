using System.Numerics;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// One thread's tables and literals for a block: 64 KiB, made once, filled anew for every block.
/// </summary>
internal sealed class LzfseTables
{
    /// <summary>Room after the literals, so that copies of a whole vector may read past the last one.</summary>
    internal const int LiteralSlack = 64;

    [ThreadStatic]
    private static LzfseTables? t_tables;

    internal readonly ushort[] Frequencies = new ushort[LzfseHeader.TotalSymbols];

    /// <summary>By state: bits to read (8), symbol (8), base of the next state (16).</summary>
    internal readonly uint[] Literal = new uint[LzfseHeader.LiteralStates];

    /// <summary>By state: bits to read (8), of which the low ones belong to the value (8), base of the next state (16), base value (32).</summary>
    internal readonly ulong[] L = new ulong[LzfseHeader.LStates];

    /// <inheritdoc cref="L"/>
    internal readonly ulong[] M = new ulong[LzfseHeader.MStates];

    /// <inheritdoc cref="L"/>
    internal readonly ulong[] D = new ulong[LzfseHeader.DStates];

    internal readonly byte[] Literals = new byte[LzfseHeader.MaxLiterals + LiteralSlack];

    internal static LzfseTables ForThread => t_tables ??= new LzfseTables();

    internal static ReadOnlySpan<byte> LExtraBits => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 5, 8];

    internal static ReadOnlySpan<int> LBase => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 28, 60];

    internal static ReadOnlySpan<byte> MExtraBits => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 5, 8, 11];

    internal static ReadOnlySpan<int> MBase => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 56, 312];

    /// <summary>Four symbols for each width from 0 to 15.</summary>
    internal static byte DExtraBits(int symbol) => (byte)(symbol >> 2);

    /// <summary>The widths' ranges follow one another without gaps.</summary>
    internal static int DBase(int symbol) => (4 * ((1 << (symbol >> 2)) - 1)) + ((symbol & 3) << (symbol >> 2));

    /// <summary>Fills all four tables from <see cref="Frequencies"/>.</summary>
    /// <exception cref="FirmwareFormatException">The frequencies of a table exceed its states.</exception>
    internal void Build(int origin)
    {
        var frequencies = Frequencies.AsSpan();
        BuildValues(frequencies[..LzfseHeader.LSymbols], L, LExtraBits, LBase, origin);
        frequencies = frequencies[LzfseHeader.LSymbols..];
        BuildValues(frequencies[..LzfseHeader.MSymbols], M, MExtraBits, MBase, origin);
        frequencies = frequencies[LzfseHeader.MSymbols..];
        BuildValues(frequencies[..LzfseHeader.DSymbols], D, [], [], origin);
        BuildLiterals(frequencies[LzfseHeader.DSymbols..], origin);
    }

    private void BuildLiterals(ReadOnlySpan<ushort> frequencies, int origin)
    {
        var table = Literal.AsSpan();
        for (var symbol = 0; symbol < frequencies.Length; symbol++)
        {
            int frequency = frequencies[symbol];
            if (frequency == 0)
            {
                continue;
            }

            var states = Take(ref table, frequency, origin);
            var k = Shift(frequency, LzfseHeader.LiteralStates);
            var wide = Wide(frequency, k, LzfseHeader.LiteralStates);
            for (var j = 0; j < states.Length; j++)
            {
                states[j] = NextState(frequency, j, k, wide, LzfseHeader.LiteralStates) | ((uint)symbol << 8);
            }
        }

        table.Clear();
    }

    private static void BuildValues(
        ReadOnlySpan<ushort> frequencies, Span<ulong> table, ReadOnlySpan<byte> extraBits, ReadOnlySpan<int> bases, int origin)
    {
        var count = table.Length;
        for (var symbol = 0; symbol < frequencies.Length; symbol++)
        {
            int frequency = frequencies[symbol];
            if (frequency == 0)
            {
                continue;
            }

            var extra = extraBits.IsEmpty ? DExtraBits(symbol) : extraBits[symbol];
            var value = bases.IsEmpty ? DBase(symbol) : bases[symbol];
            var states = Take(ref table, frequency, origin);
            var k = Shift(frequency, count);
            var wide = Wide(frequency, k, count);
            for (var j = 0; j < states.Length; j++)
            {
                var next = NextState(frequency, j, k, wide, count);
                states[j] = (next + extra) | ((ulong)extra << 8) | ((ulong)value << 32);
            }
        }

        // States that no symbol owns cannot be reached from a whole stream; in a damaged one they read nothing and yield zero.
        table.Clear();
    }

    private static Span<T> Take<T>(ref Span<T> table, int count, int origin)
    {
        if (count > table.Length)
        {
            throw Lzfse.Fault(origin, "the frequencies of a block exceed the states of their table");
        }

        var taken = table[..count];
        table = table[count..];
        return taken;
    }

    // The widest shift k for which states <= frequency << k < 2 * states.
    private static int Shift(int frequency, int states) =>
        BitOperations.LeadingZeroCount((uint)frequency) - BitOperations.LeadingZeroCount((uint)states);

    // How many of a symbol's states read k bits; the others read k - 1.
    private static int Wide(int frequency, int k, int states) => ((2 * states) >> k) - frequency;

    // Bits to read in the low byte, base of the next state in the high half. For every j the base plus the largest number of that many
    // bits is below `states`: (f + wide) << k = 2 * states in one case, (f - wide) << (k - 1) = (f << k) - states < states in the other.
    private static uint NextState(int frequency, int j, int k, int wide, int states) =>
        j < wide
            ? (uint)k | ((uint)(((frequency + j) << k) - states) << 16)
            : (uint)(k - 1) | ((uint)((j - wide) << (k - 1)) << 16);
}
