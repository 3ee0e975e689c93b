namespace IpswDiff.Formats.Apfs;

/// <summary>
/// A bounded cache of nodes shared by all trees of a container. Two tables, so that a stream of leaves never displaces the few inner
/// nodes above them; each slot is replaced by whatever node falls on it next. Lock-free: a slot holds an immutable entry.
/// </summary>
internal sealed class ApfsNodeCache
{
    private readonly Entry?[] _leaves;
    private readonly Entry?[] _inner;
    private long _trees;

    /// <param name="limitBytes">Bytes of nodes that may be kept.</param>
    /// <param name="nodeSize">Bytes of one node.</param>
    internal ApfsNodeCache(long limitBytes, int nodeSize)
    {
        var slots = (int)Math.Clamp(limitBytes / nodeSize, 16, 1 << 20);
        _inner = new Entry?[slots / 2];
        _leaves = new Entry?[slots - (slots / 2)];
    }

    internal long NewTree() => Interlocked.Increment(ref _trees);

    internal BTreeNode? Find(long tree, ulong id, int level)
    {
        var entry = Volatile.Read(ref Slot(tree, id, level));
        return entry is not null && entry.Tree == tree && entry.Id == id && entry.Node.Level == level ? entry.Node : null;
    }

    internal void Add(long tree, ulong id, BTreeNode node) =>
        Volatile.Write(ref Slot(tree, id, node.Level), new Entry(tree, id, node));

    private ref Entry? Slot(long tree, ulong id, int level)
    {
        var table = level == 0 ? _leaves : _inner;
        var hash = (id + ((ulong)tree * 0x9E3779B97F4A7C15)) * 0xBF58476D1CE4E5B9;
        return ref table[(hash >> 32) % (ulong)table.Length];
    }

    private sealed record Entry(long Tree, ulong Id, BTreeNode Node);
}
