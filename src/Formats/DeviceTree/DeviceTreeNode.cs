namespace IpswDiff.Formats.DeviceTree;

/// <summary>A node of a device tree.</summary>
public sealed class DeviceTreeNode
{
    internal DeviceTreeNode(IReadOnlyList<DeviceTreeProperty> properties, IReadOnlyList<DeviceTreeNode> children)
    {
        Properties = properties;
        Children = children;
        Name = FindProperty("name")?.Texts is { } texts ? texts[0] : string.Empty;
    }

    /// <summary>The value of the property <c>name</c>; empty for a node without one.</summary>
    public string Name { get; }

    /// <summary>The properties, in order.</summary>
    public IReadOnlyList<DeviceTreeProperty> Properties { get; }

    /// <summary>The nodes below, in order. Two may have the same name.</summary>
    public IReadOnlyList<DeviceTreeNode> Children { get; }

    /// <summary>The first property of that name, or null.</summary>
    public DeviceTreeProperty? FindProperty(string name)
    {
        foreach (var property in Properties)
        {
            if (property.Name == name)
            {
                return property;
            }
        }

        return null;
    }

    /// <summary>The first child of that name, or null.</summary>
    public DeviceTreeNode? FindChild(string name)
    {
        foreach (var child in Children)
        {
            if (child.Name == name)
            {
                return child;
            }
        }

        return null;
    }
}
