namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// The nodes and the text of one name. Everything is used again for the next name, so that a name costs no allocation; what a name may
/// take is bounded.
/// </summary>
internal sealed class NodeArena
{
    /// <summary>How high a tree may be: what prints it goes down by recursion.</summary>
    public const int MaxHeight = 512;

    private const int MaxNodes = 1 << 18;
    private const int KeptNodes = 1 << 12;
    private const int KeptText = 1 << 16;

    private Node[] _nodes = [];
    private byte[] _text = new byte[1024];
    private int _used;

    /// <summary>The name, and behind it text that is not in it: words put together, names of the standard library.</summary>
    public ReadOnlySpan<byte> AllText => _text.AsSpan(0, TextLength);

    public int TextLength { get; private set; }

    /// <summary>Whether a limit was reached; then the name is not understood.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Forgets the name before, and takes another.</summary>
    public void Reset(ReadOnlySpan<byte> name)
    {
        if (_nodes.Length > KeptNodes || _text.Length > KeptText)
        {
            _nodes = [];
            _text = new byte[1024];
        }

        (_used, TextLength, IsExhausted) = (0, 0, false);
        AddText(name);
    }

    public ReadOnlySpan<byte> Text(Node node) => node.HasText ? _text.AsSpan(node.TextStart, node.TextLength) : default;

    /// <summary>Appends text and returns where it begins.</summary>
    public int AddText(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_text.AsSpan(TextLength));
        TextLength += text.Length;
        return TextLength - text.Length;
    }

    /// <summary>Appends a part of the text that is there already.</summary>
    public void AddTextAgain(int start, int length)
    {
        Reserve(length);
        _text.AsSpan(start, length).CopyTo(_text.AsSpan(TextLength));
        TextLength += length;
    }

    public Node Make(NodeKind kind, long index = -1) => Make(kind, 0, -1, index);

    public Node Make(NodeKind kind, ReadOnlySpan<byte> text) => Make(kind, AddText(text), text.Length, -1);

    public Node Make(NodeKind kind, int textStart, int textLength, long index = -1)
    {
        if (_used == _nodes.Length)
        {
            if (_used >= MaxNodes)
            {
                IsExhausted = true;
                _used = 0;
            }
            else
            {
                var more = new Node[Math.Max(64, _nodes.Length * 2)];
                _nodes.CopyTo(more, 0);
                for (var i = _nodes.Length; i < more.Length; i++)
                {
                    more[i] = new Node();
                }

                _nodes = more;
            }
        }

        var node = _nodes[_used++];
        node.Begin(kind, textStart, textLength, index);
        return node;
    }

    /// <summary>Adds a child, and notes where the tree becomes too high.</summary>
    public void Add(Node parent, Node child)
    {
        parent.Add(child);
        IsExhausted |= parent.Height > MaxHeight;
    }

    private void Reserve(int length)
    {
        if (_text.Length - TextLength < length)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, checked(TextLength + length)));
        }
    }
}
