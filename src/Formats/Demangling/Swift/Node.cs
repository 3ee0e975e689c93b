namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// A node of a demangled name. A node may be the child of several others: substitutions refer to what was said before. Nodes belong to
/// a <see cref="NodeArena"/> and are used again for the next name.
/// </summary>
internal sealed class Node
{
    private Node[] _children = new Node[3];

    public NodeKind Kind { get; private set; }

    /// <summary>Where the text of the node begins in the arena's text; meaningful where <see cref="HasText"/>.</summary>
    public int TextStart { get; private set; }

    /// <summary>Length of the text in bytes, or -1 where the node has none.</summary>
    public int TextLength { get; private set; }

    /// <summary>A number, or -1 where the node has none.</summary>
    public long Index { get; private set; }

    /// <summary>How many nodes are below this one on the longest way down.</summary>
    public int Height { get; private set; }

    public int Count { get; private set; }

    public bool HasText => TextLength >= 0;

    public bool HasIndex => Index >= 0;

    /// <summary>The child at a place, or null where there is none.</summary>
    public Node? this[int place] => (uint)place < (uint)Count ? _children[place] : null;

    public ReadOnlySpan<Node> Children => _children.AsSpan(0, Count);

    public Node? Last => Count > 0 ? _children[Count - 1] : null;

    internal void Begin(NodeKind kind, int textStart, int textLength, long index) =>
        (Kind, TextStart, TextLength, Index, Height, Count) = (kind, textStart, textLength, index, 0, 0);

    public void Add(Node child)
    {
        if (Count == _children.Length)
        {
            Array.Resize(ref _children, Count * 2);
        }

        _children[Count++] = child;
        Height = Math.Max(Height, child.Height + 1);
    }

    public void RemoveAt(int place)
    {
        Count--;
        _children.AsSpan(place + 1, Count - place).CopyTo(_children.AsSpan(place));
    }

    public void ReverseFrom(int place) => _children.AsSpan(place, Count - place).Reverse();

    public Node? Find(NodeKind kind)
    {
        foreach (var child in Children)
        {
            if (child.Kind == kind)
            {
                return child;
            }
        }

        return null;
    }
}
