namespace IpswDiff.Diffing.Results;

/// <summary>How the Objective-C metadata of a binary changed. Each list is sorted by kind and name.</summary>
internal sealed record ObjectiveCChanges
{
    /// <summary>Classes, categories and protocols only the new side has.</summary>
    public IReadOnlyList<ObjectiveCEntity> Added { get; init; } = [];

    /// <summary>Classes, categories and protocols only the old side has.</summary>
    public IReadOnlyList<ObjectiveCEntity> Removed { get; init; } = [];

    /// <summary>Those on both sides that differ.</summary>
    public IReadOnlyList<ObjectiveCEntityChange> Changed { get; init; } = [];

    /// <summary>Why the metadata of a side could not be read, or null; nothing is compared then.</summary>
    public string? Unreadable { get; init; }
}

/// <summary>A class, a category or a protocol on one side.</summary>
/// <param name="Kind">class, category or protocol.</param>
/// <param name="Name">Its name; of a category that of its class with its own in parentheses.</param>
/// <param name="Superclass">Of a class the one it derives from, or null for a root class.</param>
/// <param name="Methods">How many methods it has.</param>
internal sealed record ObjectiveCEntity(string Kind, string Name, string? Superclass, int Methods);

/// <summary>A class, a category or a protocol on both sides. Aspects that did not change are null.</summary>
internal sealed record ObjectiveCEntityChange
{
    /// <summary>class, category or protocol.</summary>
    public required string Kind { get; init; }

    /// <summary>Its name; of a category that of its class with its own in parentheses.</summary>
    public required string Name { get; init; }

    /// <summary>The superclass, where it is another one.</summary>
    public ObjectiveCMemberChange? Superclass { get; init; }

    /// <summary>
    /// Methods: <c>-</c> for one of objects or <c>+</c> for one of the class before its selector; in protocols <c>@optional</c> first where it
    /// is that. The detail is the type encoding.
    /// </summary>
    public ObjectiveCMemberChanges? Methods { get; init; }

    /// <summary>Properties; <c>+</c> before one of the class. The detail is the attribute string.</summary>
    public ObjectiveCMemberChanges? Properties { get; init; }

    /// <summary>Instance variables. The detail is the type encoding, or bytes where there is none.</summary>
    public ObjectiveCMemberChanges? Ivars { get; init; }

    /// <summary>Protocols that it adopts or includes.</summary>
    public ObjectiveCMemberChanges? Protocols { get; init; }
}

/// <summary>How members of one kind changed, each list sorted by name.</summary>
/// <param name="Added">Only on the new side.</param>
/// <param name="Removed">Only on the old side.</param>
/// <param name="Changed">On both, with another detail.</param>
internal sealed record ObjectiveCMemberChanges(
    IReadOnlyList<string> Added, IReadOnlyList<string> Removed, IReadOnlyList<ObjectiveCMemberChange> Changed);

/// <summary>A member whose detail changed.</summary>
/// <param name="Name">The member.</param>
/// <param name="Old">Its detail before.</param>
/// <param name="New">Its detail now.</param>
internal sealed record ObjectiveCMemberChange(string Name, string? Old, string? New);
