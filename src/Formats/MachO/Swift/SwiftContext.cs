namespace IpswDiff.Formats.MachO.Swift;

/// <summary>Kinds of context descriptors (<c>ContextDescriptorKind</c> of <c>swift/ABI/MetadataValues.h</c>).</summary>
internal enum SwiftContextKind : byte
{
    Module = 0,
    Extension = 1,
    Anonymous = 2,
    Protocol = 3,
    OpaqueType = 4,
    Class = 16,
    Struct = 17,
    Enum = 18,
}

/// <summary>The beginning of every context descriptor: flags, and the context around it.</summary>
/// <param name="Address">Where it stands.</param>
/// <param name="Flags">Kind in the lowest five bits, 0x80 generic, the upper half as the kind has it.</param>
internal readonly record struct SwiftContext(ulong Address, uint Flags)
{
    private const uint KindMask = 0x1F;
    private const uint GenericFlag = 0x80;
    private const uint ImportInfoFlag = 1 << (16 + 2);

    internal SwiftContextKind Kind => (SwiftContextKind)(Flags & KindMask);

    internal bool IsGeneric => (Flags & GenericFlag) != 0;

    internal bool IsType => Kind is SwiftContextKind.Class or SwiftContextKind.Struct or SwiftContextKind.Enum;

    /// <summary>Whether more strings follow the name, which say how it came from C.</summary>
    internal bool HasImportInfo => IsType && (Flags & ImportInfoFlag) != 0;

    internal ulong Parent => Address + 4;

    internal ulong Name => Address + 8;

    internal ulong Fields => Address + 16;

    internal ulong Superclass => Address + 20;

    /// <summary>Where the generic header of a type begins: behind the fields that its kind has.</summary>
    internal ulong GenericHeader => Address + (Kind == SwiftContextKind.Class ? 44UL : 28UL);
}
