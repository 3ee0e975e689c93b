namespace IpswDiff.Forge.MachO.Swift;

/// <summary>A module of Swift whose metadata is to be written: what it says is what a reader must find.</summary>
public sealed record ForgeSwiftModule(string Name)
{
    public IReadOnlyList<ForgeSwiftType> Types { get; init; } = [];

    public IReadOnlyList<ForgeSwiftProtocol> Protocols { get; init; } = [];

    /// <summary>Type and protocol, both of this module, by the names that they have there.</summary>
    public IReadOnlyList<(string Type, string Protocol)> Conformances { get; init; } = [];
}

/// <summary>A type.</summary>
/// <param name="Kind">struct, class or enum.</param>
/// <param name="Name">
/// Its name within the module, parents first with dots between; parents stand before it in the list.
/// </param>
public sealed record ForgeSwiftType(string Kind, string Name)
{
    /// <summary>Fields or cases; null for a type of which the compiler left them out.</summary>
    public IReadOnlyList<ForgeSwiftMember>? Members { get; init; } = [];

    /// <summary>The superclass, in the same module.</summary>
    public string? Superclass { get; init; }

    /// <summary>
    /// Flags of the entries that a class adds to its table of methods, for example 0x10 for a method of its objects.
    /// </summary>
    public IReadOnlyList<uint> Methods { get; init; } = [];

    /// <summary>Whether it is private to a file, which puts an anonymous context around it.</summary>
    public bool IsPrivate { get; init; }
}

/// <summary>A stored property or a case.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">
/// The mangling of its type (<c>Si</c> for Int), a type of this module by name after <c>@</c>, or null for a case
/// without payload.
/// </param>
public sealed record ForgeSwiftMember(string Name, string? Type)
{
    public bool IsVar { get; init; }

    public bool IsIndirect { get; init; }
}

/// <summary>A protocol.</summary>
/// <param name="Name">Its name in the module.</param>
/// <param name="Requirements">Flags of its requirements, for example 0x11 for a method of an object.</param>
/// <param name="AssociatedTypes">Names.</param>
public sealed record ForgeSwiftProtocol(
    string Name, IReadOnlyList<uint> Requirements, params IReadOnlyList<string> AssociatedTypes);
