using System.Text;

namespace IpswDiff.Forge.SharedCache;

/// <summary>Writes the trie that maps install paths to image indexes: nodes as in an export trie, the value a ULEB128 index.</summary>
internal static class DylibTrie
{
    internal static byte[] Build(IEnumerable<string> paths)
    {
        var entries = paths.Select(static (path, index) => (Path: Encoding.UTF8.GetBytes(path), Index: index))
            .OrderBy(static entry => Encoding.Latin1.GetString(entry.Path), StringComparer.Ordinal)
            .ToArray();
        var nodes = new List<Node>();
        Add(entries, 0, nodes);
        Settle(nodes);
        var bytes = new CacheBuffer();
        foreach (var node in nodes)
        {
            Write(node, nodes, bytes);
        }

        bytes.AlignTo(8);
        return bytes.ToArray();
    }

    private static int Add(ReadOnlySpan<(byte[] Path, int Index)> entries, int depth, List<Node> nodes)
    {
        var node = new Node();
        var number = nodes.Count;
        nodes.Add(node);
        if (entries.Length > 0 && entries[0].Path.Length == depth)
        {
            node.Index = entries[0].Index;
            entries = entries[1..];
        }

        while (!entries.IsEmpty)
        {
            var first = entries[0].Path;
            var count = 1;
            while (count < entries.Length && entries[count].Path[depth] == first[depth])
            {
                count++;
            }

            // As much as all of them share becomes one edge.
            var end = first.Length;
            var last = entries[count - 1].Path;
            end = depth + first.AsSpan(depth).CommonPrefixLength(last.AsSpan(depth));
            node.Edges.Add((first[depth..end], Add(entries[..count], end, nodes)));
            entries = entries[count..];
        }

        return number;
    }

    private static void Settle(List<Node> nodes)
    {
        // Offsets are ULEB128 too, so sizes depend on them: repeat until nothing moves.
        for (var moved = true; moved;)
        {
            moved = false;
            var at = 0;
            var scratch = new CacheBuffer();
            foreach (var node in nodes)
            {
                moved |= node.Offset != at;
                node.Offset = at;
                scratch.Clear();
                Write(node, nodes, scratch);
                at += scratch.Length;
            }
        }
    }

    private static void Write(Node node, List<Node> nodes, CacheBuffer bytes)
    {
        if (node.Index is { } index)
        {
            bytes.Uleb((ulong)CacheBuffer.UlebLength((ulong)index));
            bytes.Uleb((ulong)index);
        }
        else
        {
            bytes.Byte(0);
        }

        bytes.Byte(checked((byte)node.Edges.Count));
        foreach (var (label, child) in node.Edges)
        {
            bytes.Bytes(label);
            bytes.Byte(0);
            bytes.Uleb((ulong)nodes[child].Offset);
        }
    }

    private sealed class Node
    {
        internal int? Index { get; set; }

        internal int Offset { get; set; }

        internal List<(byte[] Label, int Child)> Edges { get; } = [];
    }
}
