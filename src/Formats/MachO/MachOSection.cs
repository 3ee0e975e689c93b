namespace IpswDiff.Formats.MachO;

/// <summary>Section types of <c>mach-o/loader.h</c>: the low byte of a section's flags.</summary>
public enum SectionType : byte
{
    /// <summary>S_REGULAR.</summary>
    Regular = 0x0,

    /// <summary>S_ZEROFILL: zeros that take no room in the file.</summary>
    ZeroFill = 0x1,

    /// <summary>S_CSTRING_LITERALS.</summary>
    CStringLiterals = 0x2,

    /// <summary>S_4BYTE_LITERALS.</summary>
    FourByteLiterals = 0x3,

    /// <summary>S_8BYTE_LITERALS.</summary>
    EightByteLiterals = 0x4,

    /// <summary>S_LITERAL_POINTERS.</summary>
    LiteralPointers = 0x5,

    /// <summary>S_NON_LAZY_SYMBOL_POINTERS.</summary>
    NonLazySymbolPointers = 0x6,

    /// <summary>S_LAZY_SYMBOL_POINTERS.</summary>
    LazySymbolPointers = 0x7,

    /// <summary>S_SYMBOL_STUBS: reserved2 holds a stub's size.</summary>
    SymbolStubs = 0x8,

    /// <summary>S_MOD_INIT_FUNC_POINTERS.</summary>
    ModInitFuncPointers = 0x9,

    /// <summary>S_MOD_TERM_FUNC_POINTERS.</summary>
    ModTermFuncPointers = 0xA,

    /// <summary>S_COALESCED.</summary>
    Coalesced = 0xB,

    /// <summary>S_GB_ZEROFILL: zeros of more than 4 GB.</summary>
    GbZeroFill = 0xC,

    /// <summary>S_INTERPOSING.</summary>
    Interposing = 0xD,

    /// <summary>S_16BYTE_LITERALS.</summary>
    SixteenByteLiterals = 0xE,

    /// <summary>S_DTRACE_DOF.</summary>
    DtraceDof = 0xF,

    /// <summary>S_LAZY_DYLIB_SYMBOL_POINTERS.</summary>
    LazyDylibSymbolPointers = 0x10,

    /// <summary>S_THREAD_LOCAL_REGULAR.</summary>
    ThreadLocalRegular = 0x11,

    /// <summary>S_THREAD_LOCAL_ZEROFILL.</summary>
    ThreadLocalZeroFill = 0x12,

    /// <summary>S_THREAD_LOCAL_VARIABLES.</summary>
    ThreadLocalVariables = 0x13,

    /// <summary>S_THREAD_LOCAL_VARIABLE_POINTERS.</summary>
    ThreadLocalVariablePointers = 0x14,

    /// <summary>S_THREAD_LOCAL_INIT_FUNCTION_POINTERS.</summary>
    ThreadLocalInitFunctionPointers = 0x15,

    /// <summary>S_INIT_FUNC_OFFSETS.</summary>
    InitFuncOffsets = 0x16,
}

/// <summary>A section of a segment (<c>section_64</c>).</summary>
public sealed class MachOSection
{
    private const uint PureInstructions = 0x80000000;
    private const uint SelfModifyingCode = 0x04000000;
    private const uint SomeInstructions = 0x00000400;

    internal MachOSection(int index) => Index = index;

    /// <summary>Place among the image's sections, from 0; a symbol's <c>n_sect</c> is one more.</summary>
    public int Index { get; }

    /// <summary>The segment whose command holds this section.</summary>
    public required MachOSegment Segment { get; init; }

    /// <summary>Segment name as the section states it; in object files the segment's own name is empty.</summary>
    public required string SegmentName { get; init; }

    /// <summary>Name, for example <c>__text</c>.</summary>
    public required string Name { get; init; }

    /// <summary>First address.</summary>
    public required ulong Address { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required long Size { get; init; }

    /// <summary>Offset in the file the image counts in; meaningless when <see cref="IsZeroFill"/>.</summary>
    public required long FileOffset { get; init; }

    /// <summary>Alignment as a power of two.</summary>
    public required int Alignment { get; init; }

    /// <summary>Where relocation entries begin in the file (<c>reloff</c>).</summary>
    public required long RelocationOffset { get; init; }

    /// <summary>How many relocation entries there are (<c>nreloc</c>).</summary>
    public required uint RelocationCount { get; init; }

    /// <summary>Type and attributes.</summary>
    public required uint Flags { get; init; }

    /// <summary>For symbol pointers and stubs: the first of the section's indirect symbols.</summary>
    public required uint Reserved1 { get; init; }

    /// <summary>For stubs: bytes of one.</summary>
    public required uint Reserved2 { get; init; }

    /// <summary>Third reserved field; zero in 32-bit images.</summary>
    public required uint Reserved3 { get; init; }

    /// <summary>The type: the low byte of <see cref="Flags"/>.</summary>
    public SectionType Type => (SectionType)(byte)Flags;

    /// <summary>Whether the section holds instructions: by attribute (pure, some or self-modifying) or as symbol stubs.</summary>
    public bool IsCode => (Flags & (PureInstructions | SomeInstructions | SelfModifyingCode)) != 0 || Type == SectionType.SymbolStubs;

    /// <summary>Whether the section is all zeros and takes no room in the file.</summary>
    public bool IsZeroFill => Type is SectionType.ZeroFill or SectionType.GbZeroFill or SectionType.ThreadLocalZeroFill;

    /// <summary>Whether the section holds NUL-terminated strings by its type.</summary>
    public bool IsCString => Type == SectionType.CStringLiterals;

    /// <summary>Whether <paramref name="address"/> lies in the section's memory.</summary>
    public bool Contains(ulong address) => address - Address < (ulong)Size;
}
