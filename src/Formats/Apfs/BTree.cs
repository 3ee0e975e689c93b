using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// A B-tree whose nodes are found by block address (physical) or through an object map (virtual). Nodes are shared through the
/// container's cache.
/// </summary>
internal sealed class BTree
{
    private readonly ApfsBlocks _blocks;
    private readonly ApfsNodeCache _cache;
    private readonly ObjectMap? _map;
    private readonly ulong _transaction;
    private readonly long _id;
    private readonly BTreeKeyKind _keyKind;
    private readonly ulong _rootId;
    private readonly string _what;

    /// <summary>The same tree, read with the checksum or hash of every node checked.</summary>
    internal BTree WithVerification() => new(_blocks.WithVerification(), _cache, _map, _rootId, _transaction, _keyKind, _what);

    private BTree(ApfsBlocks blocks, ApfsNodeCache cache, ObjectMap? map, ulong rootId, ulong transaction, BTreeKeyKind keyKind, string what)
    {
        _blocks = blocks;
        _cache = cache;
        _map = map;
        _rootId = rootId;
        _transaction = transaction;
        _keyKind = keyKind;
        _what = what;
        _id = cache.NewTree();
        Root = ReadRoot();
    }

    internal BTreeNode Root { get; }

    /// <summary>A tree whose nodes refer to each other by block address.</summary>
    internal static BTree Physical(ApfsBlocks blocks, ApfsNodeCache cache, ulong root, BTreeKeyKind keyKind, string what) =>
        new(blocks, cache, null, root, 0, keyKind, what);

    /// <summary>A tree whose nodes refer to each other by object, as they were at <paramref name="transaction"/>.</summary>
    internal static BTree Virtual(ApfsBlocks blocks, ApfsNodeCache cache, ObjectMap map, ulong root, ulong transaction, BTreeKeyKind keyKind, string what) =>
        new(blocks, cache, map, root, transaction, keyKind, what);

    /// <summary>A cursor that stands nowhere yet.</summary>
    internal BTreeCursor Cursor() => new(this);

    /// <summary>Finds the record with the greatest key that is not greater than <paramref name="key"/>; null where all are greater.</summary>
    internal BTreeNode? FindFloor(BTreeKey key, out int index)
    {
        var node = Root;
        while (true)
        {
            index = node.Count == 0 ? -1 : UpperBound(node, key) - 1;
            if (index < 0)
            {
                return null;
            }

            if (node.Level == 0)
            {
                return node;
            }

            node = Child(node, index);
        }
    }

    /// <summary>The child of an inner node, one level below it.</summary>
    /// <exception cref="FirmwareFormatException">It is missing, damaged or not one level below.</exception>
    internal BTreeNode Child(BTreeNode parent, int index)
    {
        var id = parent.Child(index);
        if (parent.IsHashed)
        {
            id = unchecked(id + _rootId);
        }

        if (_cache.Find(_id, id, parent.Level - 1) is { } cached)
        {
            return cached;
        }

        var address = _map is null ? id : _map.Resolve(id, _transaction, _what);
        var node = Read(address, id, parent.Shape, false);
        if (node.Level != parent.Level - 1)
        {
            throw node.Fault($"a node of {_what} has level {node.Level} below one of level {parent.Level}");
        }

        if (_blocks.Verify && parent.IsHashed)
        {
            ApfsSeal.CheckHash(node, parent.ChildHash(index));
        }

        _cache.Add(_id, id, node);
        return node;
    }

    private static int UpperBound(BTreeNode node, BTreeKey key)
    {
        var low = 0;
        var high = node.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (node.KeyAt(middle) <= key)
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

    private BTreeNode ReadRoot()
    {
        var address = _map is null ? _rootId : _map.Resolve(_rootId, _transaction, _what);
        return Read(address, _rootId, null, true);
    }

    private BTreeNode Read(ulong address, ulong id, BTreeShape? shape, bool isRoot)
    {
        var offset = _blocks.OffsetOf(address, 1, $"a node of {_what}");
        var data = _blocks.Source.ReadBytes(offset, _blocks.BlockSize);
        var node = new BTreeNode(data, offset, _keyKind, shape);
        if (!node.HasHeader)
        {
            return node;
        }

        var type = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(24)) & ApfsConstants.ObjectTypeMask;
        var expected = isRoot ? ApfsConstants.ObjectTypeBTree : ApfsConstants.ObjectTypeBTreeNode;
        if (type != expected || BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(8)) != id)
        {
            throw node.Fault($"a block that should hold node 0x{id:x} of {_what} holds something else");
        }

        return !_blocks.Verify || Fletcher64.IsValid(data) ? node : throw node.Fault($"the checksum of a node of {_what} is wrong");
    }
}
