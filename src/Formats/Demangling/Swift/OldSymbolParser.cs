namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// Reads names of Swift 1 to 3, of which those of classes and protocols (<c>_TtC</c>, <c>_TtP</c>) are still written for Objective-C, into
/// the same trees. A name is in prefix order. Null stands for what is not understood.
/// </summary>
internal sealed partial class OldSymbolParser(NodeArena arena)
{
    private const int MaxDepth = 200;

    private Node[] _substitutions = new Node[16];
    private int _substitutionCount;
    private int _position;
    private int _end;
    private int _depth;

    /// <summary>The tree of the name in the arena, which begins with <c>_T</c>, or null.</summary>
    public Node? Parse()
    {
        (_position, _end, _substitutionCount, _depth) = (2, arena.TextLength, 0, 0);
        var top = arena.Make(NodeKind.Global);
        while (Take("TS"))
        {
            if (With(top, SpecializedAttribute()) is null)
            {
                return null;
            }

            // Each attribute stands before a whole name.
            _substitutionCount = 0;
            if (!Take("_T"))
            {
                return null;
            }
        }

        AddIfAny(top, Attribute());
        if (With(top, Global()) is null)
        {
            return null;
        }

        if (_position < _end)
        {
            arena.Add(top, arena.Make(NodeKind.Suffix, _position, _end - _position));
        }

        return arena.IsExhausted ? null : top;
    }

    private Node? Attribute()
    {
        var kind = Take("To") ? NodeKind.ObjCAttribute
            : Take("TO") ? NodeKind.NonObjCAttribute
            : Take("TD") ? NodeKind.DynamicAttribute
            : Take("Td") ? NodeKind.DirectMethodReferenceAttribute
            : Take("TV") ? NodeKind.VTableAttribute
            : NodeKind.None;
        return kind == NodeKind.None ? null : arena.Make(kind);
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

    private bool Take(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (Look(i) != text[i])
            {
                return false;
            }
        }

        _position += text.Length;
        return true;
    }

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

    private Node? With(Node? parent, Node? child)
    {
        if (parent is null || child is null)
        {
            return null;
        }

        arena.Add(parent, child);
        return parent;
    }

    private void AddIfAny(Node parent, Node? child)
    {
        if (child is not null)
        {
            arena.Add(parent, child);
        }
    }

    private Node? Remembered(Node? node)
    {
        if (node is not null)
        {
            if (_substitutionCount == _substitutions.Length)
            {
                Array.Resize(ref _substitutions, _substitutionCount * 2);
            }

            _substitutions[_substitutionCount++] = node;
        }

        return node;
    }

    private bool Enter() => ++_depth <= MaxDepth && !arena.IsExhausted;

    private Node? Leave(Node? node)
    {
        _depth--;
        return node;
    }

    private int Natural()
    {
        var number = -1L;
        while (Look() is >= (byte)'0' and <= (byte)'9')
        {
            number = (Math.Max(number, 0) * 10) + (Next() - '0');
            if (number > int.MaxValue)
            {
                return -1;
            }
        }

        return (int)number;
    }

    private int ReadIndex()
    {
        if (Take('_'))
        {
            return 0;
        }

        var number = Natural();
        return number is >= 0 and < int.MaxValue && Take('_') ? number + 1 : -1;
    }

    private Node? IndexNode()
    {
        var index = ReadIndex();
        return index < 0 ? null : arena.Make(NodeKind.Number, index);
    }

    /// <summary>An identifier: a length and characters, <c>X</c> before it for punycode, <c>o</c> and a kind for an operator.</summary>
    private Node? Identifier(NodeKind kind = NodeKind.Identifier)
    {
        var isPunycode = Take('X');
        var isOperator = Take('o');
        if (isOperator)
        {
            if (kind != NodeKind.Identifier)
            {
                return null;
            }

            kind = (char)Next() switch
            {
                'p' => NodeKind.PrefixOperator,
                'P' => NodeKind.PostfixOperator,
                'i' => NodeKind.InfixOperator,
                _ => NodeKind.None,
            };
        }

        var length = Natural();
        if (kind == NodeKind.None || length <= 0 || length > _end - _position)
        {
            return null;
        }

        var text = arena.AllText.Slice(_position, length).ToArray();
        _position += length;
        if (isPunycode)
        {
            text = Punycode.Decode(text);
        }

        if (isOperator)
        {
            text = OperatorCharacters(text);
        }

        return text.Length == 0 ? null : arena.Make(kind, text);
    }

    private static byte[] OperatorCharacters(byte[] text)
    {
        var characters = "& @/= >    <*!|+?%-~   ^ ."u8;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] >= 0x80)
            {
                continue;
            }

            if (text[i] is < (byte)'a' or > (byte)'z' || characters[text[i] - 'a'] == ' ')
            {
                return [];
            }

            text[i] = characters[text[i] - 'a'];
        }

        return text;
    }

    private Node? DeclarationName()
    {
        if (Take('L'))
        {
            var index = ReadIndex();
            return index < 0 ? null : Make(NodeKind.LocalDeclName, arena.Make(NodeKind.Number, index + 1), Identifier());
        }

        if (Take('P'))
        {
            var discriminator = Identifier();
            return Make(NodeKind.PrivateDeclName, discriminator, DeclarationNameWithin());
        }

        return Identifier();
    }

    private Node? DeclarationNameWithin() => Enter() ? Leave(DeclarationName()) : null;

    private Node? Module()
    {
        if (Take('s'))
        {
            return arena.Make(NodeKind.Module, "Swift"u8);
        }

        if (Take('S'))
        {
            return Substitution() is { Kind: NodeKind.Module } module ? module : null;
        }

        return Remembered(Identifier(NodeKind.Module));
    }

    private Node? Standard(NodeKind kind, ReadOnlySpan<byte> name) =>
        Make(kind, arena.Make(NodeKind.Module, "Swift"u8), arena.Make(NodeKind.Identifier, name));

    private Node? Substitution()
    {
        switch ((char)Look())
        {
            case 'o':
                _position++;
                return arena.Make(NodeKind.Module, "__C"u8);
            case 'C':
                _position++;
                return arena.Make(NodeKind.Module, "__C_Synthesized"u8);
            case 'Q':
                _position++;
                return Standard(NodeKind.Enum, "ImplicitlyUnwrappedOptional"u8);
            case 'a' or 'b' or 'c' or 'd' or 'f' or 'i' or 'P' or 'p' or 'q' or 'R' or 'r' or 'S' or 'u' or 'V' or 'v':
                var (kind, name) = StandardTypes.Find(Next(), isConcurrency: false);
                return Standard(kind, name);
            default:
                var index = ReadIndex();
                return index >= 0 && index < _substitutionCount ? _substitutions[index] : null;
        }
    }

    private Node? Context()
    {
        if (!Enter())
        {
            return null;
        }

        switch ((char)Look())
        {
            case 'E':
                _position++;
                var module = Module();
                return Leave(Make(NodeKind.Extension, module, Context()));
            case 'e':
                _position++;
                var extending = Module();
                var signature = GenericSignature(isPseudo: false);
                return Leave(With(Make(NodeKind.Extension, extending, Context()), signature));
            case 'S':
                _position++;
                return Leave(Substitution());
            case 's':
                _position++;
                return Leave(arena.Make(NodeKind.Module, "Swift"u8));
            case 'G':
                _position++;
                return Leave(BoundGenericType());
            case 'F' or 'I' or 'v' or 'P' or 'Z' or 'C' or 'V' or 'O' or 'i':
                return Leave(Entity());
            default:
                return Leave(Module());
        }
    }

    private Node? Nominal(NodeKind kind)
    {
        var context = Context();
        return Remembered(Make(kind, context, DeclarationName()));
    }

    private Node? NominalType() => (char)Next() switch
    {
        'S' => Substitution(),
        'V' => Nominal(NodeKind.Structure),
        'O' => Nominal(NodeKind.Enum),
        'C' => Nominal(NodeKind.Class),
        'P' => Nominal(NodeKind.Protocol),
        _ => null,
    };

    private Node? ProtocolName()
    {
        Node? protocol;
        if (Take('S'))
        {
            protocol = Substitution();
            if (protocol is { Kind: NodeKind.Module })
            {
                protocol = Remembered(Make(NodeKind.Protocol, protocol, DeclarationName()));
            }
        }
        else if (Take('s'))
        {
            protocol = Remembered(Make(NodeKind.Protocol, arena.Make(NodeKind.Module, "Swift"u8), DeclarationName()));
        }
        else
        {
            protocol = Nominal(NodeKind.Protocol);
        }

        return protocol is { Kind: NodeKind.Protocol } ? Make(NodeKind.Type, protocol) : null;
    }

    private Node? ProtocolConformance()
    {
        var type = Type();
        var protocol = ProtocolName();
        return With(Make(NodeKind.ProtocolConformance, type, protocol), Context());
    }
}
