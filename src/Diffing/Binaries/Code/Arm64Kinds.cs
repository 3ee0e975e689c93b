namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// How much work an A64 instruction is for <see cref="Arm64Tokens{TSink}"/>, by its upper eleven bits. Facts: Arm Architecture Reference
/// Manual, A64 encoding index.
/// </summary>
internal static class Arm64Kinds
{
    /// <summary>The general register in bits 0 to 4 is written.</summary>
    internal const byte WritesTarget = 1;

    /// <summary>The immediate is an address where the register in bits 5 to 9 holds a page.</summary>
    internal const byte HasBase = 2;

    /// <summary>The instruction has to be looked at.</summary>
    internal const byte Special = 4;

    private const int Shift = 21;

    private static readonly byte[] Table = Make();

    internal static byte Of(uint word) => Table[word >> Shift];

    private static byte[] Make()
    {
        var table = new byte[1 << (32 - Shift)];
        for (var i = 0u; i < table.Length; i++)
        {
            table[i] = Classify(i << Shift);
        }

        return table;
    }

    private static byte Classify(uint word) => ((word >> 25) & 0xF) switch
    {
        8 or 9 => (word & 0x1F000000) == 0x10000000 ? Special
            : (word & 0x7FC00000) == 0x11000000 ? (byte)(HasBase | WritesTarget)
            : WritesTarget,
        5 or 13 => (word & 0x1FE00000) == 0x1A400000 ? (byte)0 : WritesTarget,
        7 or 15 => (word & 0x5F000000) == 0x1E000000 || (word & 0xBFE00000) == 0x0E000000 ? Special : (byte)0,
        4 or 6 or 12 or 14 => Memory(word),
        1 or 2 or 3 => 0,
        _ => Special,
    };

    private static byte Memory(uint word)
    {
        var isVector = (word & 0x04000000) != 0;
        return ((word >> 24) & 0x3B) switch
        {
            0x39 => (byte)(HasBase | (!isVector && Arm64Loads.IsSingle(word) ? WritesTarget : 0)),

            // Pairs that write no register: stores, and loads of vectors, without write-back.
            0x28 or 0x29 when (word & 0x00800000) == 0 && (isVector || (word & 0x00400000) == 0) => 0,
            _ => Special,
        };
    }
}

/// <summary>What loads and stores of one register have in common.</summary>
internal static class Arm64Loads
{
    /// <summary>Whether a register is loaded, and not stored or prefetched.</summary>
    internal static bool IsSingle(uint word) => (word & 0x00C00000) != 0 && (word & 0xFFC00000) != 0xF9800000;
}
