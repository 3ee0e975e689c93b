namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>Instructions that have some bits in common.</summary>
/// <param name="Mask">The bits that tell them.</param>
/// <param name="Value">What those bits are.</param>
internal readonly record struct A64Encoding(uint Mask, uint Value)
{
    /// <summary>Whether an instruction is one of these.</summary>
    internal bool Contains(uint word) => (word & Mask) == Value;
}

/// <summary>The main groups of A64 instructions.</summary>
internal enum A64Group : byte
{
    /// <summary>Reserved: UDF, which is what zeros are, and SME.</summary>
    Reserved,

    /// <summary>SVE, and what is not allocated.</summary>
    Other,

    /// <summary>Data processing with an immediate.</summary>
    DataProcessingImmediate,

    /// <summary>Branches, exception generating and system instructions.</summary>
    BranchesAndSystem,

    /// <summary>Loads and stores.</summary>
    LoadsAndStores,

    /// <summary>Data processing with registers.</summary>
    DataProcessingRegister,

    /// <summary>Data processing, scalar floating-point and Advanced SIMD.</summary>
    FloatingPointAndSimd,
}

/// <summary>
/// The A64 encodings that are told apart here, by the names of the Arm Architecture Reference Manual (DDI 0487, section C4.1, "A64
/// instruction set encoding").
/// </summary>
internal static class A64
{
    /// <summary>NOP.</summary>
    internal const uint Nop = 0xD503201F;

    /// <summary>ADR with target and immediate left out.</summary>
    internal const uint Adr = 0x10000000;

    /// <summary>Bit 31, <c>sf</c> or <c>op</c>: 64-bit registers, ADRP for ADR, BL for B.</summary>
    internal const uint TopBit = 0x80000000;

    /// <summary>BL with its target left out.</summary>
    internal const uint BranchAndLink = 0x94000000;

    /// <summary>Bit 26, <c>V</c>: the register of a load or store is one of SIMD and floating point.</summary>
    internal const uint VectorBit = 0x04000000;

    /// <summary>Bit 23: pairs and structures write their base register back.</summary>
    internal const uint WriteBackBit = 0x00800000;

    /// <summary>Bit 22, <c>L</c>: pairs and exclusives load.</summary>
    internal const uint LoadBit = 0x00400000;

    /// <summary>Bit 21: a single register is loaded with a register as offset, or atomically.</summary>
    internal const uint RegisterOffsetBit = 0x00200000;

    /// <summary>Bits 22 and 23, <c>opc</c>: other than zero where a single register is loaded.</summary>
    internal const uint LoadOpcodeMask = 0x00C00000;

    /// <summary>Bits 10 to 21: an immediate of twelve bits.</summary>
    internal const uint Immediate12 = 0xFFFu << 10;

    /// <summary>The bits of a branch (immediate) that are no target: opcode; opcode and register or condition; opcode, register and tested bit.</summary>
    internal const uint BranchKept = 0xFC000000;

    /// <inheritdoc cref="BranchKept"/>
    internal const uint ConditionalBranchKept = 0xFF00001F;

    /// <inheritdoc cref="BranchKept"/>
    internal const uint TestBranchKept = 0xFFF8001F;

    /// <summary>The bits by which kinds of loads and stores are told, the vector bit left out.</summary>
    internal const uint LoadStoreMask = 0x3B000000;

    /// <summary>Load/store exclusive, ordered, compare and swap; with <see cref="VectorBit"/> Advanced SIMD load/store multiple structures.</summary>
    internal const uint ExclusiveOrStructures = 0x08000000;

    /// <summary>With <see cref="VectorBit"/>: Advanced SIMD load/store single structure.</summary>
    internal const uint SingleStructure = 0x09000000;

    /// <summary>Load register (literal).</summary>
    internal const uint LoadLiteral = 0x18000000;

    /// <summary>LDAPR/STLR (unscaled immediate) and memory tags.</summary>
    internal const uint OrderedUnscaledOrTags = 0x19000000;

    /// <summary>Load/store pair: no-allocate, and post-indexed.</summary>
    internal const uint PairNoAllocateOrPostIndexed = 0x28000000;

    /// <summary>Load/store pair: offset, and pre-indexed.</summary>
    internal const uint PairOffsetOrPreIndexed = 0x29000000;

    /// <summary>Load/store register: unscaled, post-indexed, unprivileged, pre-indexed, by register offset, atomic, with pointer authentication.</summary>
    internal const uint LoadStoreRegister = 0x38000000;

    /// <summary>Load/store register (unsigned immediate).</summary>
    internal const uint LoadStoreUnsignedImmediate = 0x39000000;

    /// <summary>PC-rel. addressing: ADR, ADRP.</summary>
    internal static A64Encoding PcRelative => new(0x1F000000, 0x10000000);

    /// <summary>ADD (immediate), 32 and 64 bits, not shifted.</summary>
    internal static A64Encoding AddImmediate => new(0x7FC00000, 0x11000000);

    /// <summary>Conditional compare, register and immediate.</summary>
    internal static A64Encoding ConditionalCompare => new(0x1FE00000, 0x1A400000);

    /// <summary>Scalar floating-point: data processing, conversions, compares.</summary>
    internal static A64Encoding ScalarFloatingPoint => new(0x5F000000, 0x1E000000);

    /// <summary>Conversion between floating-point and integer.</summary>
    internal static A64Encoding FloatingPointToInteger => new(0x5F20FC00, 0x1E200000);

    /// <summary>Conversion between floating-point and fixed-point.</summary>
    internal static A64Encoding FloatingPointToFixedPoint => new(0x5F200000, 0x1E000000);

    /// <summary>Advanced SIMD copy.</summary>
    internal static A64Encoding SimdCopy => new(0xBFE00000, 0x0E000000);

    /// <summary>SMOV and UMOV, of the Advanced SIMD copies.</summary>
    internal static A64Encoding SimdMoveToGeneral => new(0xBFE0EC00, 0x0E002C00);

    /// <summary>Hints, barriers, PSTATE, system instructions and register moves.</summary>
    internal static A64Encoding System => new(0xFF000000, 0xD5000000);

    /// <summary>MRS.</summary>
    internal static A64Encoding Mrs => new(0xFFF00000, 0xD5300000);

    /// <summary>Unconditional branch (immediate): B, BL.</summary>
    internal static A64Encoding BranchImmediate => new(0x7C000000, 0x14000000);

    /// <summary>Conditional branch (immediate): B.cond, BC.cond.</summary>
    internal static A64Encoding ConditionalBranch => new(0xFF000000, 0x54000000);

    /// <summary>Compare and branch (immediate): CBZ, CBNZ.</summary>
    internal static A64Encoding CompareAndBranch => new(0x7E000000, 0x34000000);

    /// <summary>Test and branch (immediate): TBZ, TBNZ.</summary>
    internal static A64Encoding TestAndBranch => new(0x7E000000, 0x36000000);

    /// <summary>Calls among Unconditional branch (register): BLR, BLRAA, BLRAB.</summary>
    internal static A64Encoding BranchLinkRegister => new(0xFE600000, 0xD6200000);

    /// <summary>BR, BRAA, BRAB, with a modifier or without, of Unconditional branch (register).</summary>
    internal static A64Encoding JumpRegister => new(0xFEFFF000, 0xD61F0000);

    /// <summary>RET, RETAA, RETAB, and ERET; what <see cref="JumpRegister"/> has not, too.</summary>
    internal static A64Encoding Return => new(0xFF3FF000, 0xD61F0000);

    /// <summary>BRK, which nothing passes.</summary>
    internal static A64Encoding Breakpoint => new(0xFFE0001F, 0xD4200000);

    /// <summary>MOV (register) of 64 bits: ORR (shifted register) with the zero register and no shift.</summary>
    internal static A64Encoding MoveRegister => new(0xFFE0FFE0, 0xAA0003E0);

    /// <summary>PRFM (immediate).</summary>
    internal static A64Encoding PrefetchImmediate => new(0xFFC00000, 0xF9800000);

    // By bits 25 to 28, op0 of the top level.
    private static ReadOnlySpan<byte> Groups =>
    [
        (byte)A64Group.Reserved, (byte)A64Group.Other, (byte)A64Group.Other, (byte)A64Group.Other,
        (byte)A64Group.LoadsAndStores, (byte)A64Group.DataProcessingRegister, (byte)A64Group.LoadsAndStores, (byte)A64Group.FloatingPointAndSimd,
        (byte)A64Group.DataProcessingImmediate, (byte)A64Group.DataProcessingImmediate, (byte)A64Group.BranchesAndSystem, (byte)A64Group.BranchesAndSystem,
        (byte)A64Group.LoadsAndStores, (byte)A64Group.DataProcessingRegister, (byte)A64Group.LoadsAndStores, (byte)A64Group.FloatingPointAndSimd,
    ];

    /// <summary>The main group of an instruction.</summary>
    internal static A64Group GroupOf(uint word) => (A64Group)Groups[(int)(word >> 25) & 0xF];

    /// <summary>The load (literal) that does what a load (unsigned immediate) of the same register does, or 0 for one that has none.</summary>
    internal static uint LiteralForm(uint word) => (word & 0xFFC00000) switch
    {
        LdrWordImmediate => 0x18000000,
        LdrImmediate => 0x58000000,
        LdrswImmediate => 0x98000000,
        LdrSingleImmediate => 0x1C000000,
        LdrDoubleImmediate => 0x5C000000,
        LdrQuadImmediate => 0x9C000000,
        _ => 0,
    };

    // LDR (immediate, unsigned offset) of W, X, S, D and Q registers, and LDRSW.
    private const uint LdrWordImmediate = 0xB9400000;
    private const uint LdrImmediate = 0xF9400000;
    private const uint LdrswImmediate = 0xB9800000;
    private const uint LdrSingleImmediate = 0xBD400000;
    private const uint LdrDoubleImmediate = 0xFD400000;
    private const uint LdrQuadImmediate = 0x3DC00000;
}
