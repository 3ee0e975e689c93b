using System.Buffers.Binary;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>A record of a B-tree: its key without the length, and what follows.</summary>
internal sealed record HfsTreeRecord(byte[] Key, byte[] Data);

/// <summary>Writes the file of a B-tree: header node, map nodes, full leaves, as many index levels as it takes.</summary>
internal sealed class HfsTreeWriter
{
    private readonly int _nodeSize;
    private readonly List<byte[]> _nodes = [];

    private HfsTreeWriter(int nodeSize) => _nodeSize = nodeSize;

    /// <summary>What a tree's header says of its keys.</summary>
    internal sealed record Shape(int NodeSize, int MaxKeyLength, byte KeyCompareType, bool VariableIndexKeys);

    /// <summary>The file with <paramref name="records"/>, which are in key order.</summary>
    internal static byte[] Write(Shape shape, IReadOnlyList<HfsTreeRecord> records) => new HfsTreeWriter(shape.NodeSize).Build(shape, records);

    private byte[] Build(Shape shape, IReadOnlyList<HfsTreeRecord> records)
    {
        _nodes.Add(new byte[_nodeSize]);
        var level = Pack(records, HfsFormat.LeafNode, height: 1);
        var firstLeaf = level.Count == 0 ? 0 : level[0].Number;
        var lastLeaf = level.Count == 0 ? 0 : level[^1].Number;
        var depth = level.Count == 0 ? 0 : 1;
        while (level.Count > 1)
        {
            var children = level.ConvertAll(node => new HfsTreeRecord(node.FirstKey, BigEndian(node.Number)));
            level = Pack(children, HfsFormat.IndexNode, ++depth);
        }

        var mapNodes = MapNodesFor(_nodes.Count);
        var firstMap = _nodes.Count;
        for (var i = 0; i < mapNodes; i++)
        {
            _nodes.Add(new byte[_nodeSize]);
        }

        WriteHeader(shape, records.Count, depth, level.Count == 0 ? 0 : level[0].Number, firstLeaf, lastLeaf);
        WriteMap(firstMap, mapNodes);
        return [.. _nodes.SelectMany(node => node)];
    }

    private List<(uint Number, byte[] FirstKey)> Pack(IReadOnlyList<HfsTreeRecord> records, sbyte kind, int height)
    {
        var level = new List<(uint Number, byte[] FirstKey)>();
        for (var i = 0; i < records.Count;)
        {
            var room = _nodeSize - HfsFormat.NodeDescriptorSize - 2;
            var first = i;
            while (i < records.Count && room >= SizeOf(records[i]) + 2)
            {
                room -= SizeOf(records[i++]) + 2;
            }

            if (i == first || (kind == HfsFormat.IndexNode && i - first == 1 && records.Count > 1))
            {
                throw new ArgumentException($"nodes of {_nodeSize} bytes are too small for these records");
            }

            level.Add(((uint)_nodes.Count, records[first].Key));
            _nodes.Add(Node(records, first, i - first, kind, height));
        }

        for (var i = 0; i < level.Count; i++)
        {
            var node = _nodes[(int)level[i].Number].AsSpan();
            BinaryPrimitives.WriteUInt32BigEndian(node, i + 1 < level.Count ? level[i + 1].Number : 0);
            BinaryPrimitives.WriteUInt32BigEndian(node[4..], i > 0 ? level[i - 1].Number : 0);
        }

        return level;
    }

    private byte[] Node(IReadOnlyList<HfsTreeRecord> records, int first, int count, sbyte kind, int height)
    {
        var node = new byte[_nodeSize];
        Describe(node, kind, height, count);
        var at = HfsFormat.NodeDescriptorSize;
        for (var i = 0; i < count; i++)
        {
            var record = records[first + i];
            SetOffset(node, i, at);
            BinaryPrimitives.WriteUInt16BigEndian(node.AsSpan(at), (ushort)record.Key.Length);
            record.Key.CopyTo(node, at + 2);
            record.Data.CopyTo(node, at + 2 + record.Key.Length);
            at += SizeOf(record);
        }

        SetOffset(node, count, at);
        return node;
    }

    private void WriteHeader(Shape shape, int records, int depth, uint root, uint firstLeaf, uint lastLeaf)
    {
        var node = _nodes[0];
        Describe(node, HfsFormat.HeaderNode, 0, 3);
        var attributes = HfsFormat.BigKeys | (shape.VariableIndexKeys ? HfsFormat.VariableIndexKeys : 0);
        new BigEndianBytes().U16(depth).U32(root).U32((uint)records).U32(firstLeaf).U32(lastLeaf)
            .U16(_nodeSize).U16(shape.MaxKeyLength).U32((uint)_nodes.Count).U32(0).U16(0).U32((uint)_nodeSize)
            .U8(0).U8(shape.KeyCompareType).U32(attributes)
            .ToArray().CopyTo(node, HfsFormat.NodeDescriptorSize);
        SetOffset(node, 0, HfsFormat.NodeDescriptorSize);
        SetOffset(node, 1, 120);
        SetOffset(node, 2, 248);
        SetOffset(node, 3, _nodeSize - 8);
    }

    // Every node is in use, so every bit of the map up to the last node is set.
    private void WriteMap(int firstMap, int mapNodes)
    {
        var left = _nodes.Count;
        left -= SetBits(_nodes[0].AsSpan(248, HeaderMapSize), left);
        if (mapNodes > 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(_nodes[0], (uint)firstMap);
        }

        for (var i = 0; i < mapNodes; i++)
        {
            var node = _nodes[firstMap + i];
            Describe(node, HfsFormat.MapNode, 0, 1);
            BinaryPrimitives.WriteUInt32BigEndian(node, i + 1 < mapNodes ? (uint)(firstMap + i + 1) : 0);
            SetOffset(node, 0, HfsFormat.NodeDescriptorSize);
            SetOffset(node, 1, HfsFormat.NodeDescriptorSize + MapSize);
            left -= SetBits(node.AsSpan(HfsFormat.NodeDescriptorSize, MapSize), left);
        }
    }

    private int HeaderMapSize => _nodeSize - 256;

    private int MapSize => (_nodeSize - HfsFormat.NodeDescriptorSize - 4) & ~3;

    private int MapNodesFor(int nodes)
    {
        var count = 0;
        while (nodes + count > (HeaderMapSize + (count * MapSize)) * 8)
        {
            count++;
        }

        return count;
    }

    private static int SetBits(Span<byte> map, int count)
    {
        count = Math.Min(count, map.Length * 8);
        for (var i = 0; i < count; i++)
        {
            map[i / 8] |= (byte)(0x80 >> (i % 8));
        }

        return count;
    }

    private static void Describe(byte[] node, sbyte kind, int height, int records)
    {
        node[8] = (byte)kind;
        node[9] = (byte)height;
        BinaryPrimitives.WriteUInt16BigEndian(node.AsSpan(10), (ushort)records);
    }

    private void SetOffset(byte[] node, int index, int offset) =>
        BinaryPrimitives.WriteUInt16BigEndian(node.AsSpan(_nodeSize - (2 * (index + 1))), (ushort)offset);

    // Keys have an even length here; data is padded to one.
    private static int SizeOf(HfsTreeRecord record) => 2 + record.Key.Length + ((record.Data.Length + 1) & ~1);

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
