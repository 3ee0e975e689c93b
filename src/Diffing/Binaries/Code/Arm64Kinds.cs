namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// How much work an A64 instruction is for <see cref="Arm64Tokens{TSink}"/>, by its upper eleven bits. Facts: Arm Architecture Reference
/// Manual, A64 encoding index.
/// </summary>
internal static class Arm64Kinds
{
    /// <summary>The general register in bits 0 to 4 is written.</summary>
    internal const byte WritesTarget = 1;

    /// <summary>
    /// The instruction has to be looked at where a register holds a page: the one whose number begins at the bit
    /// that stands
    /// from bit <see cref="SourceShift"/> of the kind on.
    /// </summary>
    internal const byte HasSource = 2;

    /// <summary>The instruction has to be looked at.</summary>
    internal const byte Special = 4;

    /// <summary>Where a kind says which bits of the instruction name the register of <see cref="HasSource"/>.</summary>
    internal const int SourceShift = 3;

    private const byte HasBase = HasSource | (5 << SourceShift);
    private const byte HasMovedRegister = HasSource | (16 << SourceShift);

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

    private static byte Classify(uint word) => A64.GroupOf(word) switch
    {
        A64Group.DataProcessingImmediate => A64.PcRelative.Contains(word) ? Special
            : A64.AddImmediate.Contains(word) ? (byte)(HasBase | WritesTarget)
            : WritesTarget,
        A64Group.DataProcessingRegister => A64.ConditionalCompare.Contains(word) ? (byte)0
            : (word & (A64.MoveRegister.Mask & ~((1u << Shift) - 1))) == (A64.MoveRegister.Value & ~((1u << Shift) - 1)) ? (byte)(HasMovedRegister | WritesTarget)
            : WritesTarget,
        A64Group.FloatingPointAndSimd => A64.ScalarFloatingPoint.Contains(word) || A64.SimdCopy.Contains(word) ? Special : (byte)0,
        A64Group.LoadsAndStores => Memory(word),
        A64Group.BranchesAndSystem or A64Group.Reserved => Special,
        _ => 0,
    };

    private static byte Memory(uint word)
    {
        var isVector = (word & A64.VectorBit) != 0;
        return (word & A64.LoadStoreMask) switch
        {
            A64.LoadStoreUnsignedImmediate => (byte)(HasBase | (!isVector && Arm64Loads.IsSingle(word) ? WritesTarget : 0)),

            // Pairs that write no register: stores, and loads of vectors, without write-back.
            A64.PairNoAllocateOrPostIndexed or A64.PairOffsetOrPreIndexed
                when (word & A64.WriteBackBit) == 0 && (isVector || (word & A64.LoadBit) == 0) => 0,
            _ => Special,
        };
    }
}

/// <summary>What loads and stores of one register have in common.</summary>
internal static class Arm64Loads
{
    /// <summary>Whether a register is loaded, and not stored or prefetched.</summary>
    internal static bool IsSingle(uint word) => (word & A64.LoadOpcodeMask) != 0 && !A64.PrefetchImmediate.Contains(word);

    /// <summary>
    /// Whether a load/store register (unsigned immediate) loads, general registers and vectors alike.
    /// </summary>
    internal static bool IsLoad(uint word) =>
        (word & A64.VectorBit) != 0 ? (word & A64.LoadBit) != 0 : (word & A64.LoadOpcodeMask) != 0;

    /// <summary>Bytes that a load/store register (unsigned immediate) moves; its immediate counts in them.</summary>
    internal static int Width(uint word) => 1 << (int)((word >> 30) + ((word & A64.VectorBit) != 0 ? (word >> 21) & 4
        : 0));

    /// <summary>Bytes that a load register (literal) loads; 0 for a prefetch.</summary>
    internal static int LiteralWidth(uint word) => ((word & A64.VectorBit) != 0, word >> 30) switch
    {
        (true, var size and < 3) => 4 << (int)size,
        (false, 0 or 2) => 4,
        (false, 1) => 8,
        _ => 0,
    };
}
