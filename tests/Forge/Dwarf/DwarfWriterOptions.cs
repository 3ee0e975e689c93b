namespace IpswDiff.Forge.Dwarf;

/// <summary>How types are written. Every choice says the same in other bytes.</summary>
public sealed record DwarfWriterOptions
{
    /// <summary>2 to 5.</summary>
    public int Version { get; init; } = 4;

    /// <summary>64-bit DWARF: offsets of eight bytes.</summary>
    public bool Is64Bit { get; init; }

    /// <summary>What chooses among the forms that a value may have; null for those that compilers choose.</summary>
    public ulong? WildForms { get; init; }

    /// <summary>Named aggregates in type units, referred to by signature.</summary>
    public bool TypeUnits { get; init; }

    /// <summary>
    /// A type is written in the first unit that uses it, and others refer to it there, as whole-program builds and dsymutil do; else
    /// every unit has all that it uses.
    /// </summary>
    public bool SharesTypes { get; init; }
}
