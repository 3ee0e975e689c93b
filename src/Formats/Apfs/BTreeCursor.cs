using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// Walks the records of a tree in key order. A seek to a key in the current leaf costs one binary search; others descend from the
/// root through cached nodes. Not safe for concurrent use.
/// </summary>
internal sealed class BTreeCursor
{
    private readonly BTree _tree;
    private readonly BTreeNode[] _nodes;
    private readonly int[] _indexes;

    internal BTreeCursor(BTree tree)
    {
        _tree = tree;
        _nodes = new BTreeNode[tree.Root.Level + 1];
        _indexes = new int[_nodes.Length];
    }

    /// <summary>The key of the current record.</summary>
    internal BTreeKey Key { get; private set; }

    /// <summary>The current record's key as stored.</summary>
    internal ReadOnlySpan<byte> RawKey => _nodes[0].Key(_indexes[0]);

    /// <summary>The current record's value.</summary>
    internal ReadOnlySpan<byte> Value => _nodes[0].Value(_indexes[0]);

    /// <summary>The current record's value, usable after the cursor has moved on.</summary>
    internal ReadOnlyMemory<byte> ValueMemory => _nodes[0].ValueMemory(_indexes[0]);

    /// <summary>Moves to the first record whose key is not less than <paramref name="key"/>; false where there is none.</summary>
    internal bool Seek(BTreeKey key)
    {
        var leaf = _nodes[0];
        if (leaf is null || key < leaf.FirstKey || key > leaf.LastKey || (key == leaf.FirstKey && !IsUnique(key)))
        {
            if (!Descend(key))
            {
                return false;
            }

            leaf = _nodes[0];
        }

        var index = leaf.LowerBound(key);
        if (index < leaf.Count)
        {
            _indexes[0] = index;
            Key = leaf.KeyAt(index);
            return true;
        }

        _indexes[0] = leaf.Count - 1;
        return MoveNext();
    }

    /// <summary>Moves to the next record; false at the end, where the cursor stays.</summary>
    /// <exception cref="FirmwareFormatException">The next leaf's keys do not come after this one's: the tree is damaged or runs in a circle.</exception>
    internal bool MoveNext()
    {
        var leaf = _nodes[0];
        var next = _indexes[0] + 1;
        if (next < leaf.Count)
        {
            _indexes[0] = next;
            Key = leaf.KeyAt(next);
            return true;
        }

        var level = 1;
        while (level < _nodes.Length && _indexes[level] + 1 >= _nodes[level].Count)
        {
            level++;
        }

        if (level == _nodes.Length)
        {
            return false;
        }

        _indexes[level]++;
        for (; level > 0; level--)
        {
            _nodes[level - 1] = _tree.Child(_nodes[level], _indexes[level]);
            _indexes[level - 1] = 0;
        }

        CheckOrder(leaf, _nodes[0]);
        Key = _nodes[0].FirstKey;
        return true;
    }

    private static void CheckOrder(BTreeNode leaf, BTreeNode next)
    {
        var order = leaf.LastKey.CompareTo(next.FirstKey);
        if (order == 0)
        {
            order = Name(leaf, leaf.Count - 1).SequenceCompareTo(Name(next, 0));
        }

        if (order >= 0)
        {
            throw next.Fault("the leaves of a B-tree are out of order");
        }
    }

    /// <summary>What tells records with equal numbers apart: the name at the end of the key, after its length.</summary>
    private static ReadOnlySpan<byte> Name(BTreeNode node, int index)
    {
        var key = node.Key(index);
        var start = node.HasHashedNames && node.KeyAt(index).Type == ApfsRecordType.DirectoryRecord ? 12 : 10;
        return key.Length > start ? key[start..] : [];
    }

    private bool Descend(BTreeKey key)
    {
        var node = _tree.Root;
        for (var level = node.Level; level > 0; level--)
        {
            // Records that differ only in a name may begin in the child before the one whose first key equals.
            var index = Math.Max(0, node.LowerBound(key) - 1);
            if (index + 1 < node.Count && IsUnique(key) && node.KeyAt(index + 1) == key)
            {
                index++;
            }

            _nodes[level] = node;
            _indexes[level] = index;
            node = _tree.Child(node, index);
        }

        _nodes[0] = node;
        _indexes[0] = 0;
        return node.Count > 0;
    }

    /// <summary>Whether at most one record has this key in a tree of records; in other trees it only costs a leaf more.</summary>
    private static bool IsUnique(BTreeKey key) => key.Type is ApfsRecordType.Inode or ApfsRecordType.FileExtent;
}
