namespace IpswDiff.Formats.Dwarf;

/// <summary>What kind of type a definition is of.</summary>
public enum DwarfTypeKind
{
    /// <summary>A structure.</summary>
    Struct,

    /// <summary>A union.</summary>
    Union,

    /// <summary>A class.</summary>
    Class,

    /// <summary>An enumeration.</summary>
    Enum,

    /// <summary>Another name for a type.</summary>
    Typedef,
}

/// <summary>Text for <see cref="DwarfTypeKind"/>.</summary>
public static class DwarfTypeKinds
{
    /// <summary>The keyword of C or C++.</summary>
    public static string ToKeyword(this DwarfTypeKind kind) => kind switch
    {
        DwarfTypeKind.Struct => "struct",
        DwarfTypeKind.Union => "union",
        DwarfTypeKind.Class => "class",
        DwarfTypeKind.Enum => "enum",
        _ => "typedef",
    };
}

/// <summary>The definition of a type with all its members, as the compiler laid them out.</summary>
public sealed record DwarfDefinition
{
    /// <summary>What kind of type.</summary>
    public required DwarfTypeKind Kind { get; init; }

    /// <summary>Its name with the scopes around it; null for one without a name, within another.</summary>
    public string? Name { get; init; }

    /// <summary>Bytes; null where they are not stated.</summary>
    public long? ByteSize { get; init; }

    /// <summary>Of a structure, union or class: its members in the order of the source.</summary>
    public IReadOnlyList<DwarfMember> Members { get; init; } = [];

    /// <summary>Of an enumeration: its constants in the order of the source.</summary>
    public IReadOnlyList<DwarfEnumerator> Enumerators { get; init; } = [];

    /// <summary>Of an enumeration: the type of its values, where it is stated.</summary>
    public string? UnderlyingType { get; init; }

    /// <summary>Whether names of the enumeration need its own before them (<c>enum class</c>).</summary>
    public bool IsScoped { get; init; }

    /// <summary>Of a typedef: what it declares.</summary>
    public DwarfMember? Target { get; init; }

    /// <summary>
    /// The definition in C, a line a member, each with its offset from the beginning of the outermost type and its size in hexadecimal;
    /// without a line break at the end.
    /// </summary>
    public string ToText() => DwarfDefinitionText.Write(this);
}

/// <summary>A member of a structure, union or class.</summary>
public sealed record DwarfMember
{
    /// <summary>What the member is.</summary>
    public required DwarfMemberRole Role { get; init; }

    /// <summary>Its name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Its type in C without a name, for example <c>int (*)(void *)</c>; of a nested definition its keyword, with qualifiers before it.</summary>
    public required string Type { get; init; }

    /// <summary>The declaration in C without its semicolon; where <see cref="Nested"/> is there, what follows its brace.</summary>
    public required string Declaration { get; init; }

    /// <summary>Bytes from the beginning of the type that holds it; null where there is no such place. Of a bit-field that of its unit of storage.</summary>
    public long? Offset { get; init; }

    /// <summary>Bytes; null where they are not known. Of a bit-field those of its unit of storage.</summary>
    public long? Size { get; init; }

    /// <summary>Of a bit-field its first bit, from the least significant one of its unit.</summary>
    public int? BitOffset { get; init; }

    /// <summary>Of a bit-field its bits.</summary>
    public int? BitSize { get; init; }

    /// <summary>Of a virtual method its place in the table, where it is stated.</summary>
    public long? VtableIndex { get; init; }

    /// <summary>The definition of the member's type, where that has no name of its own.</summary>
    public DwarfDefinition? Nested { get; init; }
}

/// <summary>A constant of an enumeration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
public sealed record DwarfEnumerator(string Name, Int128 Value);
