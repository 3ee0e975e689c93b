namespace IpswDiff.Formats.MachO.ObjectiveC;

/// <summary>A method.</summary>
/// <param name="Selector">Its selector, for example <c>setName:</c>.</param>
/// <param name="Types">Its type encoding; empty where the image has none.</param>
public readonly record struct ObjectiveCMethod(string Selector, string Types);

/// <summary>An instance variable.</summary>
/// <param name="Name">Its name; empty for a bit-field's padding.</param>
/// <param name="Type">Its type encoding.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct ObjectiveCIvar(string Name, string Type, uint Size);

/// <summary>A property.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Attributes">Its attribute string, for example <c>T@"NSString",C,N,V_name</c>.</param>
public readonly record struct ObjectiveCProperty(string Name, string Attributes);

/// <summary>A class that the image defines.</summary>
public sealed record ObjectiveCClass
{
    /// <summary>Its name; of Swift classes the mangled one.</summary>
    public required string Name { get; init; }

    /// <summary>The class it derives from, or null for a root class.</summary>
    public string? Superclass { get; init; }

    /// <summary>Whether Swift made it.</summary>
    public bool IsSwift { get; init; }

    /// <summary>Methods of its objects, in the image's order.</summary>
    public IReadOnlyList<ObjectiveCMethod> InstanceMethods { get; init; } = [];

    /// <summary>Methods of the class itself.</summary>
    public IReadOnlyList<ObjectiveCMethod> ClassMethods { get; init; } = [];

    /// <summary>Instance variables.</summary>
    public IReadOnlyList<ObjectiveCIvar> Ivars { get; init; } = [];

    /// <summary>Properties of its objects.</summary>
    public IReadOnlyList<ObjectiveCProperty> Properties { get; init; } = [];

    /// <summary>Properties of the class itself.</summary>
    public IReadOnlyList<ObjectiveCProperty> ClassProperties { get; init; } = [];

    /// <summary>Names of the protocols it adopts.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];
}

/// <summary>A category that the image defines.</summary>
public sealed record ObjectiveCCategory
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The class it adds to; empty where the image does not say.</summary>
    public required string ClassName { get; init; }

    /// <summary>Methods it adds to objects.</summary>
    public IReadOnlyList<ObjectiveCMethod> InstanceMethods { get; init; } = [];

    /// <summary>Methods it adds to the class.</summary>
    public IReadOnlyList<ObjectiveCMethod> ClassMethods { get; init; } = [];

    /// <summary>Properties it adds to objects.</summary>
    public IReadOnlyList<ObjectiveCProperty> Properties { get; init; } = [];

    /// <summary>Names of the protocols it adopts.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];
}

/// <summary>A protocol that the image knows; one protocol stands in every image that uses it.</summary>
public sealed record ObjectiveCProtocol
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Names of the protocols it includes.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>Methods that objects must have.</summary>
    public IReadOnlyList<ObjectiveCMethod> InstanceMethods { get; init; } = [];

    /// <summary>Methods that the class must have.</summary>
    public IReadOnlyList<ObjectiveCMethod> ClassMethods { get; init; } = [];

    /// <summary>Methods that objects may have.</summary>
    public IReadOnlyList<ObjectiveCMethod> OptionalInstanceMethods { get; init; } = [];

    /// <summary>Methods that the class may have.</summary>
    public IReadOnlyList<ObjectiveCMethod> OptionalClassMethods { get; init; } = [];

    /// <summary>Properties of objects.</summary>
    public IReadOnlyList<ObjectiveCProperty> Properties { get; init; } = [];
}
