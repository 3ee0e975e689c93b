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

    private static byte Classify(uint word) => A64.GroupOf(word) switch
    {
        A64Group.DataProcessingImmediate => A64.PcRelative.Contains(word) ? Special
            : A64.AddImmediate.Contains(word) ? (byte)(HasBase | WritesTarget)
            : WritesTarget,
        A64Group.DataProcessingRegister => A64.ConditionalCompare.Contains(word) ? (byte)0 : WritesTarget,
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
}
