namespace IpswDiff.Formats.MachO.Swift;

/// <summary>What a type is.</summary>
public enum SwiftTypeKind
{
    /// <summary>A class.</summary>
    Class,

    /// <summary>A structure.</summary>
    Struct,

    /// <summary>An enumeration.</summary>
    Enum,
}

/// <summary>A stored property of a structure or class, or a case of an enumeration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">
/// Its type, a case's payload, or null for a case without one. <c>?</c> where the metadata refer to something that only
/// code knows.
/// </param>
/// <param name="IsVar">Whether a property may be set.</param>
/// <param name="IsIndirect">Whether a case keeps its payload in a box.</param>
/// <param name="IsArtificial">Whether the compiler added it.</param>
public sealed record SwiftField(string Name, string? Type, bool IsVar, bool IsIndirect, bool IsArtificial);

/// <summary>A type that an image defines.</summary>
/// <param name="Name">Module, parents and name, without generic arguments and private discriminators.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Superclass">The superclass of a class, or null.</param>
/// <param name="Fields">
/// Properties or cases in the order of the metadata; null where the compiler left them out.
/// </param>
/// <param name="Methods">
/// Entries that a class adds to its table of virtual methods; null where the descriptor's tail is not understood.
/// </param>
/// <param name="Address">Where its descriptor stands.</param>
public sealed record SwiftType(
    string Name, SwiftTypeKind Kind, string? Superclass, IReadOnlyList<SwiftField>? Fields,
        IReadOnlyList<SwiftMethod>? Methods, ulong Address);

/// <summary>An entry of a table of virtual methods, or a requirement of a protocol.</summary>
/// <param name="Kind">
/// What it is, for example <c>method</c>, <c>static method</c>, <c>init</c>, <c>getter</c> or <c>associated type</c>.
/// </param>
/// <param name="Address">Where its descriptor stands; a symbol there, where there is one, names it.</param>
/// <param name="Implementation">The code of a method or of a requirement's default, or 0.</param>
public sealed record SwiftMethod(string Kind, ulong Address, ulong Implementation);

/// <summary>A protocol that an image defines.</summary>
/// <param name="Name">Module, parents and name.</param>
/// <param name="Requirements">What its witnesses have to meet, in order.</param>
/// <param name="AssociatedTypes">Names of its associated types.</param>
/// <param name="Address">Where its descriptor stands.</param>
public sealed record SwiftProtocol(
    string Name, IReadOnlyList<SwiftMethod> Requirements, IReadOnlyList<string> AssociatedTypes, ulong Address)
{
    /// <summary>How many requirements its witnesses meet.</summary>
    public int RequirementCount => Requirements.Count;
}

/// <summary>A conformance that an image defines.</summary>
/// <param name="Type">The type, with its generic parameters.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Where">What must hold for it, as sources write it, or null.</param>
/// <param name="Address">Where its descriptor stands.</param>
public sealed record SwiftConformance(string Type, string Protocol, string? Where, ulong Address);
