namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// Reads names of Swift 4 to 6 (swift/docs/ABI/Mangling.rst) into trees. A name is in postfix order: operands are pushed onto a stack and
/// operators take them off. Null stands for what is not understood, and ends the reading.
/// </summary>
internal sealed partial class SymbolParser(NodeArena arena)
{
    private const int MaxStack = 1 << 16;

    private Node[] _stack = new Node[64];
    private int _stackSize;
    private int _position;
    private int _end;
    private bool _isOldFunctionMangling;

    /// <summary>What symbolic references (control characters in names of metadata) stand for; none in symbols.</summary>
    public ISymbolicReferences? References { get; set; }

    /// <summary>The tree of a symbol that begins with one of the prefixes, or null.</summary>
    /// <param name="prefixLength">Length of the prefix in bytes.</param>
    /// <param name="isOldFunctionMangling">Whether labels are part of tuples, as they were in Swift 4.0 (<c>_T0</c>).</param>
    public Node? ParseSymbol(int prefixLength, bool isOldFunctionMangling)
    {
        Begin(prefixLength, arena.TextLength);
        _isOldFunctionMangling = isOldFunctionMangling;
        if (!ParseAll())
        {
            return null;
        }

        var suffix = Pop(NodeKind.Suffix);
        var top = arena.Make(NodeKind.Global);
        var parent = top;
        while (Pop(NodeTraits.FunctionAttribute) is { } attribute)
        {
            arena.Add(parent, attribute);
            if (attribute.Kind is NodeKind.PartialApplyForwarder or NodeKind.PartialApplyObjCForwarder)
            {
                parent = attribute;
            }
        }

        for (var i = 0; i < _stackSize; i++)
        {
            var node = _stack[i];
            arena.Add(parent, node.Kind == NodeKind.Type && node[0] is { } type ? type : node);
        }

        if (suffix is not null)
        {
            arena.Add(top, suffix);
        }

        return top.Count > 0 && !arena.IsExhausted ? top : null;
    }

    /// <summary>The one tree that a part of the arena's text stands for, as metadata name types, without a prefix; or null.</summary>
    public Node? ParseType(int start, int end)
    {
        Begin(start, end);
        return ParseAll() && _stackSize == 1 && !arena.IsExhausted ? _stack[0] : null;
    }

    private void Begin(int position, int end)
    {
        (_position, _end, _stackSize, _substitutionCount, _wordCount, _isOldFunctionMangling) = (position, end, 0, 0, 0, false);
        if (_stack.Length > 4096)
        {
            _stack = new Node[64];
        }
    }

    private bool ParseAll()
    {
        while (_position < _end)
        {
            if (Operator() is not { } node || arena.IsExhausted || !Push(node))
            {
                return false;
            }
        }

        return true;
    }

    private byte Look(int ahead = 0) => _position + ahead < _end ? arena.AllText[_position + ahead] : (byte)0;

    private byte Next() => _position < _end ? arena.AllText[_position++] : (byte)0;

    private bool Take(char c)
    {
        if (Look() != c)
        {
            return false;
        }

        _position++;
        return true;
    }

    private bool Push(Node node)
    {
        if (_stackSize == _stack.Length)
        {
            if (_stackSize >= MaxStack)
            {
                return false;
            }

            Array.Resize(ref _stack, _stackSize * 2);
        }

        _stack[_stackSize++] = node;
        return true;
    }

    private Node? Pop() => _stackSize > 0 ? _stack[--_stackSize] : null;

    private Node? Pop(NodeKind kind) => _stackSize > 0 && _stack[_stackSize - 1].Kind == kind ? _stack[--_stackSize] : null;

    private Node? Pop(NodeTraits traits) => _stackSize > 0 && _stack[_stackSize - 1].Kind.Is(traits) ? _stack[--_stackSize] : null;

    private Node? Make(NodeKind kind, Node? child)
    {
        if (child is null)
        {
            return null;
        }

        var node = arena.Make(kind);
        arena.Add(node, child);
        return node;
    }

    private Node? Make(NodeKind kind, Node? first, Node? second) => second is null ? null : With(Make(kind, first), second);

    private Node? Make(NodeKind kind, Node? first, Node? second, Node? third) =>
        third is null ? null : With(Make(kind, first, second), third);

    private Node? Make(NodeKind kind, Node? first, Node? second, Node? third, Node? fourth) =>
        fourth is null ? null : With(Make(kind, first, second, third), fourth);

    /// <summary>Adds a child that must be there.</summary>
    private Node? With(Node? parent, Node? child)
    {
        if (parent is null || child is null)
        {
            return null;
        }

        arena.Add(parent, child);
        return parent;
    }

    /// <summary>Adds a child where there is one.</summary>
    private void AddIfAny(Node parent, Node? child)
    {
        if (child is not null)
        {
            arena.Add(parent, child);
        }
    }

    private Node? TypeOf(Node? child) => Make(NodeKind.Type, child);

    private Node? TypeOf(NodeKind kind, Node? child) => TypeOf(Make(kind, child));

    private Node? TypeOf(NodeKind kind, Node? first, Node? second) => TypeOf(Make(kind, first, second));

    /// <summary>The same node as another kind.</summary>
    private Node? As(NodeKind kind, Node? node)
    {
        if (node is null)
        {
            return null;
        }

        var copy = arena.Make(kind, node.TextStart, node.TextLength, node.Index);
        foreach (var child in node.Children)
        {
            arena.Add(copy, child);
        }

        return copy;
    }

    /// <summary>A number in decimal, or -1 where there is none or it is too large to mean anything.</summary>
    private int Natural()
    {
        if (!IsDigit(Look()))
        {
            return -1;
        }

        var number = 0L;
        while (IsDigit(Look()))
        {
            number = (number * 10) + (Next() - '0');
            if (number > int.MaxValue)
            {
                return -1;
            }
        }

        return (int)number;
    }

    /// <summary>An index: <c>_</c> is 0, <c>0_</c> is 1; -1 where there is none.</summary>
    private int ReadIndex()
    {
        if (Take('_'))
        {
            return 0;
        }

        var number = Natural();
        return number is >= 0 and < int.MaxValue && Take('_') ? number + 1 : -1;
    }

    private Node? IndexNode(NodeKind kind = NodeKind.Number)
    {
        var index = ReadIndex();
        return index >= 0 ? arena.Make(kind, index) : null;
    }

    private static bool IsDigit(byte c) => c is >= (byte)'0' and <= (byte)'9';

    private static bool IsLower(byte c) => c is >= (byte)'a' and <= (byte)'z';

    private static bool IsUpper(byte c) => c is >= (byte)'A' and <= (byte)'Z';
}
