using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.DeviceTree;

/// <summary>
/// Apple's flattened device tree: a node is two words (properties, children), its properties, its children. A property is a name of 32
/// bytes, a word with its length (top bit: a placeholder that the boot loader fills), and the value padded to four bytes. Facts:
/// xnu's <c>pexpert/device_tree.h</c>.
/// </summary>
public sealed class DeviceTreeFile : IFormatReader<DeviceTreeFile>
{
    internal const string Format = "device tree";

    // Real trees have half a megabyte, two thousand nodes and eight levels.
    private const int MaxBytes = 64 << 20;
    private const int MaxDepth = 64;
    private const int NodeHeadSize = 8;
    private const int PropertyNameSize = 32;
    private const int PropertyHeadSize = PropertyNameSize + 4;
    private const uint PlaceholderBit = 0x80000000;

    private DeviceTreeFile(DeviceTreeNode root) => Root = root;

    /// <summary>The node everything hangs from (<c>device-tree</c>).</summary>
    public DeviceTreeNode Root { get; }

    /// <summary>Reads a device tree (the payload of its IM4P).</summary>
    /// <exception cref="FirmwareFormatException">It is none, or damaged, or deeper or larger than any real one.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static DeviceTreeFile Open(ByteSource source)
    {
        if (source.Length > MaxBytes)
        {
            throw new FirmwareFormatException(Format, 0, $"{source.Length} bytes, more than the {MaxBytes} that are read");
        }

        var bytes = source.ReadBytes(0, (int)source.Length);
        var reader = new SpanReader(bytes, Format);
        var root = ReadNode(bytes, ref reader, 0);

        // A payload may be padded behind the tree, but not with anything.
        return bytes.AsSpan(reader.Position).ContainsAnyExcept((byte)0)
            ? throw reader.Fault($"{reader.Remaining} bytes that are not zero follow the tree")
            : new DeviceTreeFile(root);
    }

    /// <inheritdoc/>
    public static int HeadLength => NodeHeadSize + PropertyHeadSize;

    /// <summary>Whether a file that begins with <paramref name="head"/> may be a device tree: some properties, the first of them with a name.</summary>
    public static bool Matches(ReadOnlySpan<byte> head)
    {
        if (head.Length < NodeHeadSize + PropertyHeadSize || head[0] == 0 || head[1..4].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        var name = head.Slice(NodeHeadSize, PropertyNameSize);
        var end = name.IndexOf((byte)0);
        return end > 0 && !name[..end].ContainsAnyExceptInRange((byte)'!', (byte)'~') && !name[end..].ContainsAnyExcept((byte)0);
    }

    /// <summary>The node at a path of names from the root's children on, such as <c>/cpus/cpu0</c>; the root for <c>/</c>; or null.</summary>
    public DeviceTreeNode? Find(string path)
    {
        DeviceTreeNode? node = Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = node.FindChild(name);
            if (node is null)
            {
                break;
            }
        }

        return node;
    }

    private static DeviceTreeNode ReadNode(byte[] bytes, ref SpanReader reader, int depth)
    {
        if (depth > MaxDepth)
        {
            throw reader.Fault($"nodes lie more than {MaxDepth} deep");
        }

        var propertyCount = reader.ReadUInt32();
        var childCount = reader.ReadUInt32();
        if (propertyCount > reader.Remaining / PropertyHeadSize || childCount > reader.Remaining / NodeHeadSize)
        {
            throw reader.Fault($"{propertyCount} properties and {childCount} children do not fit in the {reader.Remaining} bytes left; is this a device tree?");
        }

        var properties = new DeviceTreeProperty[propertyCount];
        foreach (ref var property in properties.AsSpan())
        {
            property = ReadProperty(bytes, ref reader);
        }

        if (childCount > reader.Remaining / NodeHeadSize)
        {
            throw reader.Fault($"{childCount} children do not fit in the {reader.Remaining} bytes left");
        }

        // Not all at once: a count is only as good as the bytes that follow it.
        var children = new List<DeviceTreeNode>();
        for (var i = 0u; i < childCount; i++)
        {
            children.Add(ReadNode(bytes, ref reader, depth + 1));
        }

        return new DeviceTreeNode(properties, children);
    }

    private static DeviceTreeProperty ReadProperty(byte[] bytes, ref SpanReader reader)
    {
        var name = reader.ReadFixedAscii(PropertyNameSize);
        var word = reader.ReadUInt32();
        var length = word & ~PlaceholderBit;
        if (length > (uint)reader.Remaining)
        {
            throw reader.Fault($"property {name} has {length} bytes where {reader.Remaining} are left");
        }

        var value = bytes.AsMemory(reader.Position, (int)length);
        reader.Skip((int)length);

        // The last value may end with the file, without its padding.
        reader.Skip(Math.Min((int)(-length & 3), reader.Remaining));
        return new DeviceTreeProperty(name, value, (word & PlaceholderBit) != 0);
    }
}
