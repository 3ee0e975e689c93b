namespace IpswDiff.Formats.MachO;

/// <summary>What a symbol is to the linker.</summary>
public enum SymbolKind
{
    /// <summary>Defined elsewhere.</summary>
    Undefined,

    /// <summary>Defined here, visible to others; common symbols too.</summary>
    External,

    /// <summary>Defined here, for this image only; private externals too.</summary>
    Local,

    /// <summary>A debugger's entry (STAB).</summary>
    Debug,
}

/// <summary>
/// One entry of a symbol table (<c>nlist</c>, <c>nlist_64</c>). <see cref="Name"/> lies in a pooled buffer: it is valid until the
/// enumeration moves on.
/// </summary>
public readonly ref struct MachOSymbol
{
    private const int StabMask = 0xE0;
    private const int TypeMask = 0x0E;
    private const int ExternalBit = 0x01;
    private const int PrivateExternalBit = 0x10;
    private const int WeakDefinitionBit = 0x80;
    private const int TypeUndefined = 0x0;
    private const int TypePreboundUndefined = 0xC;

    internal MachOSymbol(ReadOnlySpan<byte> name, uint nameIndex, byte type, byte section, ushort description, ulong value)
    {
        Name = name;
        NameIndex = nameIndex;
        Type = type;
        SectionOrdinal = section;
        Description = description;
        Value = value;
    }

    /// <summary>The name without its NUL; empty when the entry has none or its index lies outside the string table.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary><c>n_strx</c>: where the name begins in the string table.</summary>
    public uint NameIndex { get; }

    /// <summary><c>n_type</c>.</summary>
    public byte Type { get; }

    /// <summary><c>n_sect</c>: 1 for the image's first section, 0 for none.</summary>
    public byte SectionOrdinal { get; }

    /// <summary><c>n_desc</c>: for undefined symbols the library's ordinal in the upper byte.</summary>
    public ushort Description { get; }

    /// <summary><c>n_value</c>: for defined symbols the address.</summary>
    public ulong Value { get; }

    /// <summary>What the symbol is.</summary>
    public SymbolKind Kind => KindOf(Type, Value);

    /// <summary>
    /// <c>N_PEXT</c>: defined here for all parts of the image and for nobody else. A linker takes <c>N_EXT</c> from such a symbol
    /// and leaves this bit, so that in a linked image its <see cref="Kind"/> is <see cref="SymbolKind.Local"/>.
    /// </summary>
    public bool IsPrivateExternal => IsPrivate(Type);

    /// <summary><c>N_WEAK_DEF</c> of a symbol that has a place: another image's definition may take the place of this one.</summary>
    public bool IsWeakDefinition => IsWeak(Type, Description);

    /// <summary>All that a symbol is beside its name and its address, as one number.</summary>
    internal static int TraitsOf(byte type, ushort description, ulong value) =>
        (int)KindOf(type, value) | (IsPrivate(type) ? 4 : 0) | (IsWeak(type, description) ? 8 : 0);

    internal static SymbolKind KindOf(byte type, ulong value)
    {
        if ((type & StabMask) != 0)
        {
            return SymbolKind.Debug;
        }

        // An undefined external with a value is a common symbol: this image offers it, the value is its size.
        return (type & TypeMask) switch
        {
            TypeUndefined => value == 0 || (type & ExternalBit) == 0 ? SymbolKind.Undefined : SymbolKind.External,
            TypePreboundUndefined => SymbolKind.Undefined,
            _ => (type & ExternalBit) != 0 ? SymbolKind.External : SymbolKind.Local,
        };
    }

    private static bool IsPrivate(byte type) => (type & StabMask) == 0 && (type & PrivateExternalBit) != 0;

    // The same bits of an undefined symbol say how it is bound, those of a common symbol how it is aligned.
    private static bool IsWeak(byte type, ushort description) =>
        (type & StabMask) == 0 && (type & TypeMask) is not (TypeUndefined or TypePreboundUndefined) && (description & WeakDefinitionBit) != 0;
}

/// <summary>How many symbols of each kind a table has.</summary>
/// <param name="Undefined">Defined elsewhere.</param>
/// <param name="External">Defined here and visible.</param>
/// <param name="Local">Defined here and private.</param>
/// <param name="Debug">Debugger's entries.</param>
public readonly record struct SymbolCounts(int Undefined, int External, int Local, int Debug)
{
    /// <summary>All of them.</summary>
    public int Total => Undefined + External + Local + Debug;
}
