namespace IpswDiff.Formats.Dwarf;

/// <summary>What is said of an entry besides its numbers.</summary>
[Flags]
internal enum DwarfNodeFlags : ushort
{
    None = 0,

    /// <summary>DW_AT_declaration: the definition is elsewhere.</summary>
    Declaration = 1 << 0,

    /// <summary>DW_AT_artificial: made by the compiler.</summary>
    Artificial = 1 << 1,

    /// <summary>DW_AT_external.</summary>
    External = 1 << 2,

    /// <summary>DW_AT_enum_class.</summary>
    EnumClass = 1 << 3,

    /// <summary>DW_AT_GNU_vector.</summary>
    Vector = 1 << 4,

    /// <summary>DW_AT_virtuality other than none.</summary>
    Virtual = 1 << 5,

    /// <summary><see cref="DwarfNode.Reference"/> is an offset in <c>.debug_info</c>.</summary>
    RefersToInfo = 1 << 6,

    /// <summary><see cref="DwarfNode.Reference"/> is an offset in <c>.debug_types</c>.</summary>
    RefersToTypes = 1 << 7,

    /// <summary><see cref="DwarfNode.Reference"/> is the signature of a type unit.</summary>
    RefersToSignature = 1 << 8,

    /// <summary><see cref="DwarfNode.Reference"/> is a node of the same unit.</summary>
    RefersToNode = 1 << 9,

    /// <summary><see cref="DwarfNode.BitOffset"/> counts from the most significant bit of the storage unit (DWARF 3).</summary>
    BitsFromTop = 1 << 10,

    /// <summary><see cref="DwarfNode.Value"/> is the offset of the declaration or class that the entry belongs to.</summary>
    HasOrigin = 1 << 11,

    /// <summary>The member's place is computed when the program runs, as that of a virtual base is.</summary>
    ComputedPlace = 1 << 12,

    /// <summary>DW_AT_const_value or a count was written as unsigned.</summary>
    Unsigned = 1 << 13,

    Refers = RefersToInfo | RefersToTypes | RefersToSignature | RefersToNode,
}

/// <summary>
/// An entry that belongs to a type. A unit's entries stand in an array in the order of the file, so that the children of one are those
/// behind it, up to its <see cref="End"/>. Numbers that are not stated are -1.
/// </summary>
internal struct DwarfNode
{
    /// <summary>Where the entry begins, from the beginning of its unit.</summary>
    internal int Offset;

    internal DwarfTag Tag;

    internal DwarfNodeFlags Flags;

    /// <summary>The type, namespace or unit around it; -1 for the unit itself.</summary>
    internal int Parent;

    /// <summary>The node behind its last descendant.</summary>
    internal int End;

    internal int Name;

    /// <summary>Bits of a bit-field.</summary>
    internal int BitSize;

    /// <summary>DW_AT_type, or of a declaration DW_AT_signature.</summary>
    internal long Reference;

    /// <summary>
    /// Of a member or base its offset, of an enumerator its value, of a subrange its count, of a virtual method its place in the table;
    /// of a signed pointer its schema; of an aggregate the declaration it completes, of a pointer to a member the class.
    /// </summary>
    internal long Value;

    internal long ByteSize;

    internal long BitOffset;

    internal readonly bool Has(DwarfNodeFlags flag) => (Flags & flag) != 0;

    internal readonly bool IsAggregate => Tag is DwarfTag.StructureType or DwarfTag.UnionType or DwarfTag.ClassType or DwarfTag.InterfaceType;

    /// <summary>Whether the entry is a type that has a definition: what this folder is about.</summary>
    internal readonly bool IsDefinable => IsAggregate || Tag is DwarfTag.EnumerationType or DwarfTag.Typedef;

    /// <summary>Whether names within it are told apart by its own.</summary>
    internal readonly bool IsScope => IsAggregate || Tag is DwarfTag.Namespace or DwarfTag.EnumerationType;
}
