namespace IpswDiff.Diffing.Results;

/// <summary>How the Swift metadata of a binary changed. Each list is sorted by name.</summary>
internal sealed record SwiftChanges
{
    /// <summary>Types and protocols only the new side has.</summary>
    public IReadOnlyList<SwiftEntity> Added { get; init; } = [];

    /// <summary>Types and protocols only the old side has.</summary>
    public IReadOnlyList<SwiftEntity> Removed { get; init; } = [];

    /// <summary>Types that have the same shape and the same last name within another module or parent.</summary>
    public IReadOnlyList<SwiftMove> Moved { get; init; } = [];

    /// <summary>Those on both sides that differ.</summary>
    public IReadOnlyList<SwiftEntityChange> Changed { get; init; } = [];

    /// <summary>Conformances only the new side has.</summary>
    public IReadOnlyList<SwiftConformanceUse> ConformancesAdded { get; init; } = [];

    /// <summary>Conformances only the old side has.</summary>
    public IReadOnlyList<SwiftConformanceUse> ConformancesRemoved { get; init; } = [];

    /// <summary>Why the metadata of a side could not be read, or null; nothing is compared then.</summary>
    public string? Unreadable { get; init; }
}

/// <summary>A type or a protocol on one side.</summary>
internal sealed record SwiftEntity
{
    /// <summary>struct, class, enum or protocol.</summary>
    public required string Kind { get; init; }

    /// <summary>Module, parents and name, without generic arguments and private discriminators.</summary>
    public required string Name { get; init; }

    /// <summary>Of a class the one it derives from, or null for a root class.</summary>
    public string? Superclass { get; init; }

    /// <summary>
    /// Stored properties of a structure or class in their order; null where the compiler left them out.
    /// </summary>
    public IReadOnlyList<SwiftMember>? Fields { get; init; }

    /// <summary>Cases of an enumeration in the order of the metadata; null where the compiler left them out.</summary>
    public IReadOnlyList<SwiftMember>? Cases { get; init; }

    /// <summary>Of a protocol: how many requirements its witnesses meet.</summary>
    public int? Requirements { get; init; }

    /// <summary>Of a protocol: its associated types.</summary>
    public IReadOnlyList<string>? AssociatedTypes { get; init; }
}

/// <summary>A stored property or a case.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">
/// The type, a case's payload, or null for a case without one; <c>?</c> where only code knows it.
/// </param>
/// <param name="IsVar">Of a property: whether it may be set.</param>
/// <param name="Indirect">Of a case: true where it keeps its payload in a box.</param>
internal sealed record SwiftMember(string Name, string? Type, bool? IsVar, bool? Indirect);

/// <summary>A type that stands elsewhere.</summary>
/// <param name="Kind">struct, class or enum.</param>
/// <param name="OldName">Its name before.</param>
/// <param name="Name">Its name now.</param>
internal sealed record SwiftMove(string Kind, string OldName, string Name);

/// <summary>A type or a protocol on both sides. Aspects that did not change are null.</summary>
internal sealed record SwiftEntityChange
{
    /// <summary>struct, class, enum or protocol, as it is now.</summary>
    public required string Kind { get; init; }

    /// <summary>What it was, where that is another kind.</summary>
    public string? OldKind { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The superclass, where it is another one.</summary>
    public SwiftSuperclassChange? Superclass { get; init; }

    /// <summary>Stored properties.</summary>
    public SwiftMemberChanges? Fields { get; init; }

    /// <summary>Cases.</summary>
    public SwiftMemberChanges? Cases { get; init; }

    /// <summary>
    /// <c>old</c> or <c>new</c>: the side on which the compiler left fields and cases out, so that they are not
    /// compared.
    /// </summary>
    public string? MembersLeftOut { get; init; }

    /// <summary>Entries of a class in its table of virtual methods.</summary>
    public TextChanges? Methods { get; init; }

    /// <summary>Requirements of a protocol.</summary>
    public TextChanges? Requirements { get; init; }

    /// <summary>How many requirements a protocol has, where that is another number.</summary>
    public SwiftCountChange? RequirementCount { get; init; }

    /// <summary>Associated types of a protocol.</summary>
    public TextChanges? AssociatedTypes { get; init; }
}

/// <summary>A class that derives from another one.</summary>
/// <param name="Old">The superclass before, or null for a root class.</param>
/// <param name="New">The superclass now.</param>
internal sealed record SwiftSuperclassChange(string? Old, string? New);

/// <summary>A number that changed.</summary>
/// <param name="Old">Before.</param>
/// <param name="New">Now.</param>
internal sealed record SwiftCountChange(int Old, int New);

/// <summary>How the fields or cases of a type changed, each list in the order of the metadata.</summary>
/// <param name="Added">Only on the new side.</param>
/// <param name="Removed">Only on the old side.</param>
/// <param name="Changed">On both, of another type, or var and no longer let.</param>
/// <param name="Order">The members of both sides in their two orders, where these differ; else null.</param>
internal sealed record SwiftMemberChanges(
    IReadOnlyList<SwiftMember> Added, IReadOnlyList<SwiftMember> Removed, IReadOnlyList<SwiftMemberChange> Changed,
        SwiftOrderChange? Order);

/// <summary>A field or case that both sides have.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Old">The member before.</param>
/// <param name="New">The member now.</param>
internal sealed record SwiftMemberChange(string Name, SwiftMember Old, SwiftMember New);

/// <summary>The names of members that both sides have, in the order of each.</summary>
/// <param name="Old">The order before.</param>
/// <param name="New">The order now.</param>
internal sealed record SwiftOrderChange(IReadOnlyList<string> Old, IReadOnlyList<string> New);

/// <summary>A conformance on one side.</summary>
/// <param name="Type">The type, with its generic parameters.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Where">What must hold for it, as sources write it, or null.</param>
internal sealed record SwiftConformanceUse(string Type, string Protocol, string? Where);
