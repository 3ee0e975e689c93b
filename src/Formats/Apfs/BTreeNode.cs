using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// A node of a B-tree (<c>btree_node_phys_t</c>): a 56-byte header, a table of contents, keys growing up, values growing down; a root
/// ends with 40 bytes about the tree (<c>btree_info_t</c>). Every access is checked against the node's bounds.
/// </summary>
internal sealed class BTreeNode
{
    internal const int InfoSize = 40;
    private const int HeaderSize = 56;
    private const ushort FlagRoot = 0x01;
    private const ushort FlagLeaf = 0x02;
    private const ushort FlagFixed = 0x04;
    private const ushort FlagHashed = 0x08;
    private const ushort FlagNoHeader = 0x10;
    private const ushort NoValue = 0xFFFF;

    // A tree of minimal fan-out over a whole 2^63-byte device stays below this.
    private const int MaximumLevel = 24;

    private readonly byte[] _data;
    private readonly int _contents;
    private readonly int _keys;
    private readonly int _valuesEnd;
    private readonly bool _isFixed;
    private readonly int _keySize;
    private readonly int _valueSize;
    private readonly BTreeKeyKind _keyKind;

    internal BTreeNode(byte[] data, long offset, BTreeKeyKind keyKind, BTreeShape? shape)
    {
        _data = data;
        Offset = offset;
        _keyKind = keyKind;
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(32));
        Level = BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(34));
        var count = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(36));
        IsHashed = (flags & FlagHashed) != 0;
        HasHeader = (flags & FlagNoHeader) == 0;
        _isFixed = (flags & FlagFixed) != 0;
        var isRoot = (flags & FlagRoot) != 0;
        _valuesEnd = data.Length - (isRoot ? InfoSize : 0);
        _contents = HeaderSize + BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(40));
        _keys = _contents + BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(42));
        if (isRoot != (shape is null) || Level > MaximumLevel || (Level == 0) != ((flags & FlagLeaf) != 0))
        {
            throw Fault($"a B-tree node with flags 0x{flags:x} and level {Level} is out of place");
        }

        if (_keys > _valuesEnd || count > (_keys - _contents) / (_isFixed ? 4 : 8))
        {
            throw Fault($"a B-tree node cannot hold {count} records");
        }

        Count = (int)count;
        Shape = shape ?? ReadShape();
        _keySize = Shape.KeySize;
        _valueSize = Level > 0 ? sizeof(ulong) : Shape.ValueSize;
        if (_isFixed && (_keySize <= 0 || _keySize > data.Length || _valueSize < 0 || _valueSize > data.Length))
        {
            throw Fault("a B-tree node of fixed sizes has none");
        }

        if (Count == 0 && (Level > 0 || !isRoot))
        {
            throw Fault("a B-tree node is empty");
        }

        if (Count > 0)
        {
            FirstKey = KeyAt(0);
            LastKey = KeyAt(Count - 1);
        }
    }

    /// <summary>Where the node lies in the container, for messages.</summary>
    internal long Offset { get; }

    /// <summary>0 for leaves.</summary>
    internal int Level { get; }

    /// <summary>Number of records.</summary>
    internal int Count { get; }

    /// <summary>Whether an inner node's values hold hashes of the children.</summary>
    internal bool IsHashed { get; }

    /// <summary>Whether the keys of directory records hold a hash of the name.</summary>
    internal bool HasHashedNames => _keyKind == BTreeKeyKind.HashedRecords;

    /// <summary>Whether the node begins with an object header.</summary>
    internal bool HasHeader { get; }

    /// <summary>What the root says about all nodes.</summary>
    internal BTreeShape Shape { get; }

    /// <summary>The least key; meaningless where there are no records.</summary>
    internal BTreeKey FirstKey { get; }

    /// <summary>The greatest key; meaningless where there are no records.</summary>
    internal BTreeKey LastKey { get; }

    /// <summary>The whole node.</summary>
    internal ReadOnlySpan<byte> Data => _data;

    internal ReadOnlySpan<byte> Key(int index)
    {
        int offset;
        int length;
        if (_isFixed)
        {
            offset = BinaryPrimitives.ReadUInt16LittleEndian(_data.AsSpan(_contents + (index * 4)));
            length = _keySize;
        }
        else
        {
            var entry = _data.AsSpan(_contents + (index * 8), 4);
            offset = BinaryPrimitives.ReadUInt16LittleEndian(entry);
            length = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
        }

        var start = _keys + offset;
        return start + length <= _valuesEnd ? _data.AsSpan(start, length) : throw Fault($"key {index} of a B-tree node lies outside it");
    }

    internal ReadOnlySpan<byte> Value(int index)
    {
        var (start, length) = ValueRange(index);
        return _data.AsSpan(start, length);
    }

    /// <summary>A value that outlives the node's place in the cache.</summary>
    internal ReadOnlyMemory<byte> ValueMemory(int index)
    {
        var (start, length) = ValueRange(index);
        return _data.AsMemory(start, length);
    }

    internal BTreeKey KeyAt(int index)
    {
        var key = Key(index);
        if (key.Length < 8)
        {
            throw Fault($"key {index} of a B-tree node has {key.Length} bytes");
        }

        var first = BinaryPrimitives.ReadUInt64LittleEndian(key);
        if (_keyKind == BTreeKeyKind.TwoNumbers)
        {
            return key.Length >= 16
                ? new BTreeKey(first, BinaryPrimitives.ReadUInt64LittleEndian(key[8..]))
                : throw Fault($"key {index} of a B-tree node has {key.Length} bytes");
        }

        // Records sort by object, then type: the type moves from the top to the bottom.
        var primary = (first << ApfsConstants.ObjectIdShift) | (first >> 60);
        var secondary = (ApfsRecordType)(first >> 60) switch
        {
            ApfsRecordType.FileExtent or ApfsRecordType.SiblingLink or ApfsRecordType.FileInfo when key.Length >= 16 =>
                BinaryPrimitives.ReadUInt64LittleEndian(key[8..]),

            // The low ten bits are the name's length, which takes no part in the order.
            ApfsRecordType.DirectoryRecord when _keyKind == BTreeKeyKind.HashedRecords && key.Length >= 12 =>
                BinaryPrimitives.ReadUInt32LittleEndian(key[8..]) >> 10,
            _ => 0UL,
        };
        return new BTreeKey(primary, secondary);
    }

    /// <summary>The object identifier of child <paramref name="index"/>; in hashed trees, relative to the root's.</summary>
    internal ulong Child(int index)
    {
        var value = Value(index);
        return value.Length >= 8
            ? BinaryPrimitives.ReadUInt64LittleEndian(value)
            : throw Fault($"value {index} of an inner B-tree node has {value.Length} bytes");
    }

    /// <summary>The hash of child <paramref name="index"/> in a hashed tree.</summary>
    internal ReadOnlySpan<byte> ChildHash(int index) => Value(index)[8..];

    /// <summary>The first record whose key is not less than <paramref name="key"/>, or <see cref="Count"/>.</summary>
    internal int LowerBound(BTreeKey key)
    {
        var low = 0;
        var high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (KeyAt(middle) < key)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    internal FirmwareFormatException Fault(string reason) => new(ApfsConstants.Format, Offset, reason);

    private (int Start, int Length) ValueRange(int index)
    {
        int offset;
        int length;
        if (_isFixed)
        {
            offset = BinaryPrimitives.ReadUInt16LittleEndian(_data.AsSpan(_contents + (index * 4) + 2));
            length = _valueSize;
        }
        else
        {
            var entry = _data.AsSpan(_contents + (index * 8) + 4, 4);
            offset = BinaryPrimitives.ReadUInt16LittleEndian(entry);
            length = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
        }

        if (offset == NoValue)
        {
            return (0, 0);
        }

        var start = _valuesEnd - offset;
        return start >= _keys && start + length <= _valuesEnd
            ? (start, length)
            : throw Fault($"value {index} of a B-tree node lies outside it");
    }

    private BTreeShape ReadShape()
    {
        var info = _data.AsSpan(_valuesEnd, InfoSize);
        var nodeSize = BinaryPrimitives.ReadUInt32LittleEndian(info[4..]);
        var keySize = BinaryPrimitives.ReadUInt32LittleEndian(info[8..]);
        var valueSize = BinaryPrimitives.ReadUInt32LittleEndian(info[12..]);
        return nodeSize == _data.Length && keySize <= nodeSize && valueSize <= nodeSize
            ? new BTreeShape((int)keySize, (int)valueSize)
            : throw Fault($"a B-tree of {nodeSize}-byte nodes, {keySize}-byte keys and {valueSize}-byte values is not supported here");
    }
}

/// <summary>Sizes of keys and values of a tree with fixed ones; 0 otherwise.</summary>
internal sealed record BTreeShape(int KeySize, int ValueSize);
