using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge.Compression;

namespace IpswDiff.Forge.DeviceTree;

/// <summary>A node to write: properties and children in order.</summary>
public sealed class DeviceTreeNodePlan
{
    public DeviceTreeNodePlan(string name) => Add("name", name);

    public List<(string Name, byte[] Value, bool Placeholder)> Properties { get; } = [];

    public List<DeviceTreeNodePlan> Children { get; } = [];

    public DeviceTreeNodePlan Add(string name, byte[] value, bool placeholder = false)
    {
        Properties.Add((name, value, placeholder));
        return this;
    }

    /// <summary>Texts, each with its NUL.</summary>
    public DeviceTreeNodePlan Add(string name, params string[] texts) =>
        Add(name, Encoding.ASCII.GetBytes(string.Concat(texts.Select(static text => text + "\0"))));

    public DeviceTreeNodePlan Add(string name, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Add(name, bytes);
    }

    public DeviceTreeNodePlan AddChild(DeviceTreeNodePlan child)
    {
        Children.Add(child);
        return this;
    }
}

/// <summary>Writes Apple's flattened device trees.</summary>
public static class DeviceTreeWriter
{
    public static byte[] Write(DeviceTreeNodePlan root)
    {
        var writer = new ByteWriter();
        WriteNode(writer, root);
        return writer.ToArray();
    }

    /// <summary>A small tree with something of everything.</summary>
    public static DeviceTreeNodePlan Example() => new DeviceTreeNodePlan("device-tree")
        .Add("model", "iPhone99,1")
        .Add("compatible", "D99AP", "iPhone99,1", "AppleARM")
        .Add("#address-cells", 2)
        .Add("serial-number", new byte[32], placeholder: true)
        .Add("empty", Array.Empty<byte>())
        .AddChild(new DeviceTreeNodePlan("chosen").Add("firmware-version", new byte[256]).AddChild(new DeviceTreeNodePlan("memory-map").Add("a", [1, 2, 3])))
        .AddChild(new DeviceTreeNodePlan("cpus")
            .AddChild(new DeviceTreeNodePlan("cpu0").Add("reg", 0).Add("compatible", "apple,example", "ARM,v8"))
            .AddChild(new DeviceTreeNodePlan("cpu1").Add("reg", 1)));

    private static void WriteNode(ByteWriter writer, DeviceTreeNodePlan node)
    {
        writer.UInt32((uint)node.Properties.Count);
        writer.UInt32((uint)node.Children.Count);
        foreach (var (name, value, placeholder) in node.Properties)
        {
            var field = new byte[32];
            Encoding.ASCII.GetBytes(name).CopyTo(field, 0);
            writer.Bytes(field);
            writer.UInt32((uint)value.Length | (placeholder ? 0x80000000 : 0));
            writer.Bytes(value);
            writer.Bytes(new byte[-value.Length & 3]);
        }

        foreach (var child in node.Children)
        {
            WriteNode(writer, child);
        }
    }
}
