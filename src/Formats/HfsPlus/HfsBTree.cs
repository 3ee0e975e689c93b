using System.Buffers.Binary;
using System.Numerics;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>A key to look for: it compares itself with a stored key, whose shape has been checked.</summary>
internal interface IHfsKey
{
    /// <summary>Negative, zero or positive as this key comes before, is or comes after <paramref name="stored"/>.</summary>
    int CompareTo(ReadOnlySpan<byte> stored);
}

/// <summary>Which of the volume's B-trees a tree is; it decides how keys are laid out.</summary>
internal enum HfsTreeKind
{
    Extents,
    Catalog,
    Attributes,
}

/// <summary>
/// One of the volume's B-trees (TN1150 "B-Trees"), read node by node. Nodes live in the block cache and are checked once, when
/// they come in: offsets, key lengths and child pointers of a node in hand can be trusted.
/// </summary>
internal sealed class HfsBTree : BlockedByteSource
{
    // Sixteen levels of the smallest nodes hold more records than a volume has blocks.
    private const int MaxDepth = 16;

    private readonly ByteSource _file;
    private readonly HfsTreeKind _kind;
    private readonly BlockCache _cache;
    private readonly uint _root;
    private readonly int _depth;

    private HfsBTree(ByteSource file, HfsTreeKind kind, BlockCache cache, int nodeSize, uint nodes, uint root, int depth, byte compare)
        : base(cache)
    {
        _file = file;
        _kind = kind;
        _cache = cache;
        _root = root;
        _depth = depth;
        NodeSize = nodeSize;
        NodeCount = nodes;
        KeyCompareType = compare;
    }

    public override long Length => NodeCount * (long)NodeSize;

    /// <summary>Bytes of a node.</summary>
    internal int NodeSize { get; }

    /// <summary>Nodes in the file, used or not.</summary>
    internal uint NodeCount { get; }

    /// <summary>How an HFSX catalog compares names.</summary>
    internal byte KeyCompareType { get; }

    protected override string Kind => $"HFS+ {Name}";

    private string Name => _kind switch
    {
        HfsTreeKind.Catalog => "catalog",
        HfsTreeKind.Extents => "extents overflow tree",
        _ => "attributes tree",
    };

    /// <summary>Reads the header node (<c>BTHeaderRec</c>).</summary>
    /// <exception cref="FirmwareFormatException">The header is damaged or the file too short for its nodes.</exception>
    internal static HfsBTree Open(ByteSource file, HfsTreeKind kind, BlockCache? cache)
    {
        Span<byte> bytes = stackalloc byte[HfsFormat.NodeDescriptorSize + 106];
        file.ReadExactly(0, bytes);
        var format = $"HFS+ {kind} B-tree";
        var reader = new SpanReader(bytes, format, bigEndian: true);
        reader.Seek(8);
        if ((sbyte)reader.ReadByte() != HfsFormat.HeaderNode)
        {
            throw reader.Fault("node 0 is no header node");
        }

        reader.Seek(HfsFormat.NodeDescriptorSize);
        int depth = reader.ReadUInt16();
        var root = reader.ReadUInt32();
        reader.Skip(12);
        int nodeSize = reader.ReadUInt16();
        reader.Skip(2);
        var nodes = reader.ReadUInt32();
        reader.Skip(4 + 2 + 4 + 1);
        var compare = reader.ReadByte();
        if (nodeSize < 512 || !BitOperations.IsPow2(nodeSize))
        {
            throw new FirmwareFormatException(format, 32, $"the node size, {nodeSize}, is not a power of two from 512 to 32768");
        }

        if (nodes == 0 || nodes > file.Length / nodeSize)
        {
            throw new FirmwareFormatException(format, 36, $"{nodes} nodes of {nodeSize} bytes do not fit in the file of 0x{file.Length:x} bytes");
        }

        if (depth > MaxDepth || (depth != 0 && (root == 0 || root >= nodes)))
        {
            throw new FirmwareFormatException(format, 14, $"a tree of depth {depth} with its root in node {root} of {nodes} is impossible");
        }

        return new HfsBTree(file, kind, cache ?? BlockCache.Default, nodeSize, nodes, root, depth, compare);
    }

    /// <summary>A cursor before the first record whose key is not less than <paramref name="wanted"/>.</summary>
    /// <exception cref="FirmwareFormatException">A node on the way is damaged.</exception>
    internal HfsCursor Seek<TKey>(TKey wanted)
        where TKey : IHfsKey, allows ref struct
    {
        var number = _root;
        for (var height = _depth; height > 0; height--)
        {
            var lease = Acquire(number, height);
            var keep = false;
            try
            {
                var node = new HfsNode(lease.Span);
                var index = LowerBound(node, wanted, out var exact);
                if (height == 1)
                {
                    var cursor = new HfsCursor(this, lease, number, index);
                    keep = true;
                    return cursor;
                }

                if (node.Count == 0)
                {
                    throw Fault(number, "an index node is empty");
                }

                // A key before the first of the tree is looked for in the leftmost leaf.
                number = node.Child(Math.Max(0, exact ? index : index - 1));
            }
            finally
            {
                if (!keep)
                {
                    lease.Dispose();
                }
            }
        }

        return default;
    }

    /// <summary>Node <paramref name="number"/>, which must be at <paramref name="height"/> above the leaves, themselves 1.</summary>
    internal BlockCache.Lease Acquire(uint number, int height)
    {
        if (number == 0 || number >= NodeCount)
        {
            throw new FirmwareFormatException(Kind, -1, $"a node points to node {number} of {NodeCount}");
        }

        var lease = _cache.Acquire(this, number, NodeSize);
        var node = new HfsNode(lease.Span);
        var kind = height == 1 ? HfsFormat.LeafNode : HfsFormat.IndexNode;
        if (node.Height == height && node.Kind == kind)
        {
            return lease;
        }

        var found = $"a node of kind {node.Kind} and height {node.Height} stands where one of kind {kind} and height {height} belongs";
        lease.Dispose();
        throw Fault(number, found);
    }

    internal FirmwareFormatException Fault(uint node, string reason) => new(Kind, node * (long)NodeSize, $"node {node}: {reason}");

    protected override long FindBlock(long offset, out long start, out int length)
    {
        var index = offset / NodeSize;
        start = index * NodeSize;
        length = NodeSize;
        return index;
    }

    protected override void DecodeBlock(long index, Span<byte> destination)
    {
        _file.ReadExactly(index * NodeSize, destination);
        var node = new HfsNode(destination);
        if (node.Kind is HfsFormat.LeafNode or HfsFormat.IndexNode)
        {
            Check(node, (uint)index);
        }
    }

    private static int LowerBound<TKey>(HfsNode node, TKey wanted, out bool exact)
        where TKey : IHfsKey, allows ref struct
    {
        var low = 0;
        var high = node.Count;
        exact = false;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var order = wanted.CompareTo(node.Key(middle));
            if (order > 0)
            {
                low = middle + 1;
            }
            else
            {
                exact |= order == 0;
                high = middle;
            }
        }

        return low;
    }

    private void Check(HfsNode node, uint number)
    {
        var count = node.Count;
        if (HfsFormat.NodeDescriptorSize + (2 * (count + 1)) > NodeSize)
        {
            throw Fault(number, $"{count} records do not fit");
        }

        var limit = NodeSize - (2 * (count + 1));
        var start = node.RecordOffset(0);
        if (start < HfsFormat.NodeDescriptorSize)
        {
            throw Fault(number, $"record 0 begins at {start}, within the descriptor");
        }

        for (var i = 0; i < count; i++)
        {
            var end = node.RecordOffset(i + 1);
            if (end < start + 2 || end > limit)
            {
                throw Fault(number, $"record {i} reaches from {start} to {end}");
            }

            var record = node.Record(i);
            var data = HfsNode.DataOffset(record);
            if (data + (node.Kind == HfsFormat.IndexNode ? 4 : 0) > record.Length || !IsKey(node.Key(i)))
            {
                throw Fault(number, $"the key of record {i} is damaged");
            }

            start = end;
        }
    }

    private bool IsKey(ReadOnlySpan<byte> key) => _kind switch
    {
        HfsTreeKind.Extents => key.Length >= 10,
        HfsTreeKind.Catalog => key.Length >= 6 && FitsName(key, 6, HfsFormat.MaxNameLength),
        _ => key.Length >= 12 && FitsName(key, 12, HfsFormat.MaxAttributeNameLength),
    };

    /// <summary>Whether the name whose length stands before <paramref name="start"/> lies inside the key.</summary>
    private static bool FitsName(ReadOnlySpan<byte> key, int start, int limit)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(key[(start - 2)..]);
        return length <= limit && start + (2 * length) <= key.Length;
    }
}
