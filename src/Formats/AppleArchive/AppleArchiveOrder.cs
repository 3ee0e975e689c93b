namespace IpswDiff.Formats.AppleArchive;

/// <summary>A finished tree in the order of paths: depth first, the names of a directory in the ordinal order of UTF-16.</summary>
internal sealed class AppleArchiveOrder
{
    private readonly int[] _nodes;
    private readonly int[] _positions;

    internal AppleArchiveOrder(AppleArchiveTree tree)
    {
        var children = Children(tree, out var starts);
        _nodes = new int[tree.Count];
        _positions = new int[tree.Count];
        Ends = new int[tree.Count];
        var stack = new Stack<(int Node, int Next)>([(0, starts[0])]);
        var position = 0;
        _nodes[position++] = 0;
        while (stack.TryPop(out var top))
        {
            if (top.Next == starts[top.Node + 1])
            {
                Ends[top.Node] = position;
                continue;
            }

            var child = children[top.Next];
            stack.Push((top.Node, top.Next + 1));
            _positions[child] = position;
            _nodes[position++] = child;
            stack.Push((child, starts[child]));
        }
    }

    internal int Count => _nodes.Length;

    /// <summary>By node: the position behind everything below it.</summary>
    internal int[] Ends { get; }

    internal int NodeAt(int position) => _nodes[position];

    internal int PositionOf(int node) => _positions[node];

    private static int[] Children(AppleArchiveTree tree, out int[] starts)
    {
        starts = new int[tree.Count + 1];
        for (var node = 1; node < tree.Count; node++)
        {
            starts[tree[node].Parent + 1]++;
        }

        for (var node = 0; node < tree.Count; node++)
        {
            starts[node + 1] += starts[node];
        }

        var children = new int[tree.Count - 1];
        var next = starts.AsSpan(0, tree.Count).ToArray();
        for (var node = 1; node < tree.Count; node++)
        {
            children[next[tree[node].Parent]++] = node;
        }

        for (var node = 0; node < tree.Count; node++)
        {
            children.AsSpan(starts[node], starts[node + 1] - starts[node]).Sort((one, other) => Compare(tree.Name(one), tree.Name(other)));
        }

        return children;
    }

    // UTF-8 sorts as code points do. UTF-16 puts what needs surrogates (lead bytes F0 and up) before U+E000 to U+FFFF (EE and EF).
    private static int Compare(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        var common = one.CommonPrefixLength(other);
        return common == one.Length || common == other.Length ? one.Length - other.Length : Rank(one[common]) - Rank(other[common]);
    }

    private static int Rank(byte lead) => lead is 0xEE or 0xEF ? lead + 0x10 : lead;
}
