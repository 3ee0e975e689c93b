using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// The adaptive distributions of LZRAVEN: 588 of sixteen symbols, as cumulative frequencies of 14 bits, and 56 of one bit, with the four
/// last distances. They live from the first coded block of a stream to its last.
/// </summary>
internal sealed class LzravenModel
{
    internal const int Scale = 1 << 14;
    internal const int Symbols = 16;
    internal const int States = 14;

    // Where each kind of distribution begins. What a symbol is coded by depends on the state (a history of literals and matches, as in
    // LZMA), the low two bits of the position (phase), or the byte before.
    internal const int Commands = 0;
    internal const int MatchedHigh = 14;
    internal const int MatchedLow = 206;
    internal const int LiteralHigh = 254;
    internal const int LiteralLow = 270;
    internal const int ShortLength = 526;
    internal const int LongLength = 530;
    internal const int LongExtra = 534;
    internal const int NewLength = 540;
    internal const int NewExtra = 568;
    internal const int Distance = 574;
    internal const int Distributions = 588;

    /// <summary>How fast a distribution follows what it sees: by a 64th of the way, or by a 128th.</summary>
    internal const int Fast = 6;

    /// <inheritdoc cref="Fast"/>
    internal const int Slow = 7;

    // A row in front, so that the frequency below the first symbol of the first distribution can be read as for any other.
    private const int Front = Symbols;
    private const int Bits = Front + (Distributions * Symbols);

    /// <summary>Numbers that an instance keeps in the array it is given.</summary>
    internal const int Length = Bits + (States * 4);

    private static readonly Vector256<short> Ramp = Vector256.Create(32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 480, 512);

    private readonly short[] _numbers;

    /// <summary>Starts anew in <paramref name="numbers"/>, which has room for <see cref="Length"/>.</summary>
    internal LzravenModel(short[] numbers)
    {
        _numbers = numbers;
        numbers.AsSpan(0, Front).Fill(Scale);
        for (var row = 0; row < Distributions; row++)
        {
            for (var symbol = 0; symbol < Symbols; symbol++)
            {
                numbers[Front + (row * Symbols) + symbol] = (short)((symbol + 1) * (Scale / Symbols));
            }
        }

        for (var state = 0; state < States; state++)
        {
            // Three commands are likely from the start: near distances and short repeats, or after a match near distances alone.
            var sum = 0;
            for (var symbol = 0; symbol < Symbols; symbol++)
            {
                var isLikely = state < 9 ? symbol is 0 or 7 or 8 : symbol < 3;
                sum += isLikely ? 17 * 256 : 256;
                numbers[Front + ((Commands + state) * Symbols) + symbol] = (short)sum;
            }
        }

        numbers.AsSpan(Bits, States * 4).Fill(Scale / 2);
    }

    /// <summary>The last four distances, the newest first.</summary>
    internal int[] Recent { get; } = [1, 1, 1, 1];

    /// <summary>Bytes of the coded block before, from which the next one's are told.</summary>
    internal uint PreviousBlock { get; set; }

    /// <summary>The history, 0 to 13.</summary>
    internal int State { get; set; }

    /// <summary>The first number of a distribution.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref short Row(int distribution) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_numbers), Front + (distribution * Symbols));

    /// <summary>The chance of a match, for each state and phase.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref short Bit(int state, int phase) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_numbers), Bits + (state * 4) + phase);

    /// <summary>
    /// The symbol that <paramref name="slot"/> (below <see cref="Scale"/>) falls to, with its range; the distribution then leans to it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Take(ref short row, int rate, int slot, out int lower, out int frequency)
    {
        // The last number is always the whole scale, so there is a symbol; every other grows by at least one to the next.
        var numbers = Vector256.LoadUnsafe(ref row);
        var above = Vector256.GreaterThan(numbers, Vector256.Create((short)slot));
        var symbol = BitOperations.TrailingZeroCount(above.ExtractMostSignificantBits());

        // Before the first number lies the last one of the row before: the whole scale, which the mask makes zero.
        lower = Unsafe.Add(ref row, symbol - 1) & (Scale - 1);
        frequency = Unsafe.Add(ref row, symbol) - lower;
        var target = Ramp + (above & Vector256.Create((short)(Scale - 512 + (1 << rate) - 1)));
        (numbers + Vector256.ShiftRightArithmetic(target - numbers, rate)).StoreUnsafe(ref row);
        return symbol;
    }
}
