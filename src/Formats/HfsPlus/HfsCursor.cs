using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>
/// Walks the records of a B-tree's leaves in key order. It holds one node; dispose it. Leaves that link in a circle end in a fault.
/// </summary>
internal ref struct HfsCursor
{
    private readonly HfsBTree? _tree;
    private BlockCache.Lease _lease;
    private HfsNode _node;
    private uint _number;
    private uint _visited;
    private int _next;

    internal HfsCursor(HfsBTree tree, BlockCache.Lease lease, uint number, int index)
    {
        _tree = tree;
        _lease = lease;
        _node = new HfsNode(lease.Span);
        _number = number;
        _next = index;
    }

    /// <summary>The current record's key without its length.</summary>
    internal readonly ReadOnlySpan<byte> Key => _node.Key(_next - 1);

    /// <summary>The current record without its key.</summary>
    internal readonly ReadOnlySpan<byte> Data => _node.Data(_next - 1);

    /// <summary>Where the current record lies in the tree's file, for messages.</summary>
    internal readonly long Offset => (_number * (long)_tree!.NodeSize) + _node.RecordOffset(_next - 1);

    /// <summary>Moves to the next record; false after the last of the tree.</summary>
    /// <exception cref="FirmwareFormatException">The next leaf is damaged or linked wrongly.</exception>
    internal bool MoveNext()
    {
        if (_tree is null)
        {
            return false;
        }

        while (_next >= _node.Count)
        {
            var link = _node.ForwardLink;
            if (link == 0)
            {
                return false;
            }

            if (++_visited >= _tree.NodeCount)
            {
                throw _tree.Fault(_number, "the leaves link in a circle");
            }

            var lease = _tree.Acquire(link, height: 1);
            _lease.Dispose();
            _lease = lease;
            _node = new HfsNode(lease.Span);
            if (_node.BackwardLink != _number)
            {
                throw _tree.Fault(link, $"its backward link is {_node.BackwardLink} where {_number} points to it");
            }

            _number = link;
            _next = 0;
        }

        _next++;
        return true;
    }

    public readonly void Dispose()
    {
        if (_tree is not null)
        {
            _lease.Dispose();
        }
    }
}
