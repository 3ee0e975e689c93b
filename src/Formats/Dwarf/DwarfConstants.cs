namespace IpswDiff.Formats.Dwarf;

/// <summary>Tags of debugging information entries that types are made of (DWARF 5, table 7.3; LLVM's <c>Dwarf.def</c>).</summary>
internal enum DwarfTag : ushort
{
    None = 0x00,
    ArrayType = 0x01,
    ClassType = 0x02,
    EnumerationType = 0x04,
    FormalParameter = 0x05,
    Member = 0x0D,
    PointerType = 0x0F,
    ReferenceType = 0x10,
    CompileUnit = 0x11,
    StructureType = 0x13,
    SubroutineType = 0x15,
    Typedef = 0x16,
    UnionType = 0x17,
    UnspecifiedParameters = 0x18,
    Inheritance = 0x1C,
    PtrToMemberType = 0x1F,
    SubrangeType = 0x21,
    BaseType = 0x24,
    ConstType = 0x26,
    Enumerator = 0x28,
    PackedType = 0x2D,
    Subprogram = 0x2E,
    Variable = 0x34,
    VolatileType = 0x35,
    RestrictType = 0x37,
    InterfaceType = 0x38,
    Namespace = 0x39,
    UnspecifiedType = 0x3B,
    PartialUnit = 0x3C,
    SharedType = 0x40,
    TypeUnit = 0x41,
    RvalueReferenceType = 0x42,
    AtomicType = 0x47,
    SkeletonUnit = 0x4A,
    ImmutableType = 0x4B,
    LlvmPtrauthType = 0x4300,
}

/// <summary>Attributes that say something of a type (DWARF 5, table 7.5; LLVM's <c>Dwarf.def</c>).</summary>
internal enum DwarfAttribute : ushort
{
    Name = 0x03,
    ByteSize = 0x0B,
    BitOffset = 0x0C,
    BitSize = 0x0D,
    ContainingType = 0x1D,
    Inline = 0x20,
    LowerBound = 0x22,
    UpperBound = 0x2F,
    ConstValue = 0x1C,
    Artificial = 0x34,
    Count = 0x37,
    DataMemberLocation = 0x38,
    Declaration = 0x3C,
    Encoding = 0x3E,
    External = 0x3F,
    Specification = 0x47,
    Type = 0x49,
    Virtuality = 0x4C,
    VtableElemLocation = 0x4D,
    Signature = 0x69,
    DataBitOffset = 0x6B,
    EnumClass = 0x6D,
    StrOffsetsBase = 0x72,
    GnuVector = 0x2107,
    LlvmPtrauthKey = 0x3E04,
    LlvmPtrauthAddressDiscriminated = 0x3E05,
    LlvmPtrauthExtraDiscriminator = 0x3E06,
}

/// <summary>How an attribute's value is written (DWARF 5, table 7.6, and GNU's extensions).</summary>
internal enum DwarfForm : ushort
{
    Addr = 0x01,
    Block2 = 0x03,
    Block4 = 0x04,
    Data2 = 0x05,
    Data4 = 0x06,
    Data8 = 0x07,
    String = 0x08,
    Block = 0x09,
    Block1 = 0x0A,
    Data1 = 0x0B,
    Flag = 0x0C,
    Sdata = 0x0D,
    Strp = 0x0E,
    Udata = 0x0F,
    RefAddr = 0x10,
    Ref1 = 0x11,
    Ref2 = 0x12,
    Ref4 = 0x13,
    Ref8 = 0x14,
    RefUdata = 0x15,
    Indirect = 0x16,
    SecOffset = 0x17,
    Exprloc = 0x18,
    FlagPresent = 0x19,
    Strx = 0x1A,
    Addrx = 0x1B,
    RefSup4 = 0x1C,
    StrpSup = 0x1D,
    Data16 = 0x1E,
    LineStrp = 0x1F,
    RefSig8 = 0x20,
    ImplicitConst = 0x21,
    Loclistx = 0x22,
    Rnglistx = 0x23,
    RefSup8 = 0x24,
    Strx1 = 0x25,
    Strx2 = 0x26,
    Strx3 = 0x27,
    Strx4 = 0x28,
    Addrx1 = 0x29,
    Addrx2 = 0x2A,
    Addrx3 = 0x2B,
    Addrx4 = 0x2C,
    GnuAddrIndex = 0x1F01,
    GnuStrIndex = 0x1F02,
    GnuRefAlt = 0x1F20,
    GnuStrpAlt = 0x1F21,
}

/// <summary>What a unit is (DWARF 5, table 7.2).</summary>
public enum DwarfUnitKind : byte
{
    /// <summary>DW_UT_compile: a source file.</summary>
    Compile = 1,

    /// <summary>DW_UT_type: one type, found by its signature.</summary>
    Type = 2,

    /// <summary>DW_UT_partial: what several units share.</summary>
    Partial = 3,

    /// <summary>DW_UT_skeleton: a unit whose contents lie in another file.</summary>
    Skeleton = 4,

    /// <summary>DW_UT_split_compile.</summary>
    SplitCompile = 5,

    /// <summary>DW_UT_split_type.</summary>
    SplitType = 6,
}
