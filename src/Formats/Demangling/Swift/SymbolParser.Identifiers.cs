namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Identifiers, their words, and substitutions.</content>
internal sealed partial class SymbolParser
{
    private const int MaxRepeat = 2048;

    private readonly (int Start, int Length)[] _words = new (int, int)[26];
    private Node[] _substitutions = new Node[64];
    private int _substitutionCount;
    private int _wordCount;

    private void Remember(Node? node)
    {
        if (node is null)
        {
            return;
        }

        if (_substitutionCount == _substitutions.Length)
        {
            Array.Resize(ref _substitutions, _substitutionCount * 2);
        }

        _substitutions[_substitutionCount++] = node;
    }

    private Node? Remembered(Node? node)
    {
        Remember(node);
        return node;
    }

    // Letters are substitutions, small ones followed by more; a number before a letter repeats it, before an underscore it is an index.
    private Node? Substitution()
    {
        var number = -1;
        while (true)
        {
            var c = Next();
            if (IsLower(c))
            {
                if (Repeated(number, c - 'a') is not { } node || !Push(node))
                {
                    return null;
                }

                number = -1;
            }
            else if (IsUpper(c))
            {
                return Repeated(number, c - 'A');
            }
            else if (c == '_')
            {
                return number + 27L < _substitutionCount ? _substitutions[number + 27] : null;
            }
            else
            {
                _position -= c == 0 ? 0 : 1;
                number = Natural();
                if (number < 0)
                {
                    return null;
                }
            }
        }
    }

    private Node? Repeated(int count, int index)
    {
        if (index >= _substitutionCount || count > MaxRepeat)
        {
            return null;
        }

        return PushAllButOne(_substitutions[index], count);
    }

    private Node? PushAllButOne(Node node, int count)
    {
        for (; count > 1; count--)
        {
            if (!Push(node))
            {
                return null;
            }
        }

        return node;
    }

    private Node? StandardSubstitution()
    {
        switch ((char)Look())
        {
            case 'o':
                _position++;
                return arena.Make(NodeKind.Module, "__C"u8);
            case 'C':
                _position++;
                return arena.Make(NodeKind.Module, "__C_Synthesized"u8);
            case 'g':
                _position++;
                var optional = TypeOf(
                    NodeKind.BoundGenericEnum, StandardType(NodeKind.Enum, "Optional"u8), Make(NodeKind.TypeList, Pop(NodeKind.Type)));
                return Remembered(optional);
            default:
                var count = Natural();
                if (count > MaxRepeat)
                {
                    return null;
                }

                var isConcurrency = Take('c');
                var (kind, name) = StandardTypes.Find(Next(), isConcurrency);
                return name.Length > 0 && StandardType(kind, name) is { } type ? PushAllButOne(type, count) : null;
        }
    }

    private Node? StandardType(NodeKind kind, ReadOnlySpan<byte> name) =>
        TypeOf(kind, arena.Make(NodeKind.Module, "Swift"u8), arena.Make(NodeKind.Identifier, name));

    // A leading 0 says that words of earlier identifiers are in it, 00 that it is in punycode.
    private Node? Identifier()
    {
        if (!IsDigit(Look()))
        {
            return null;
        }

        var hasWords = Take('0');
        if (!hasWords)
        {
            return PlainIdentifier(Natural());
        }

        if (Take('0'))
        {
            return PunycodeIdentifier();
        }

        var start = arena.TextLength;
        do
        {
            while (hasWords && (IsLower(Look()) || IsUpper(Look())))
            {
                var c = Next();
                hasWords = IsLower(c);
                var word = hasWords ? c - 'a' : c - 'A';
                if (word >= _wordCount)
                {
                    return null;
                }

                arena.AddTextAgain(_words[word].Start, _words[word].Length);
            }

            if (Take('0'))
            {
                break;
            }

            var length = Natural();
            if (length <= 0 || length > _end - _position)
            {
                return null;
            }

            arena.AddTextAgain(_position, length);
            CollectWords(_position, length);
            _position += length;
        }
        while (hasWords);

        return arena.TextLength > start
            ? Remembered(arena.Make(NodeKind.Identifier, start, arena.TextLength - start))
            : null;
    }

    private Node? PlainIdentifier(int length)
    {
        if (length <= 0 || length > _end - _position)
        {
            return null;
        }

        var node = arena.Make(NodeKind.Identifier, _position, length);
        CollectWords(_position, length);
        _position += length;
        return Remembered(node);
    }

    private Node? PunycodeIdentifier()
    {
        var length = Natural();
        Take('_');
        if (length <= 0 || length > _end - _position)
        {
            return null;
        }

        var decoded = Punycode.Decode(arena.AllText.Slice(_position, length));
        _position += length;
        return decoded.Length > 0 ? Remembered(arena.Make(NodeKind.Identifier, decoded)) : null;
    }

    // A word ends before an underscore, at the end, and where a capital follows something else; it has two characters or more.
    private void CollectWords(int position, int length)
    {
        var slice = arena.AllText.Slice(position, length);
        var start = -1;
        for (var i = 0; i <= slice.Length && _wordCount < _words.Length; i++)
        {
            var c = i < slice.Length ? slice[i] : (byte)0;
            if (start >= 0 && (c is (byte)'_' or 0 || (IsUpper(c) && !IsUpper(slice[i - 1]))))
            {
                if (i - start >= 2)
                {
                    _words[_wordCount++] = (position + start, i - start);
                }

                start = -1;
            }

            if (start < 0 && c is not ((byte)'_' or 0) && !IsDigit(c))
            {
                start = i;
            }
        }
    }

    private Node? OperatorIdentifier()
    {
        // Letters that stand for the characters of operators, from a on; a space is no character.
        var characters = "& @/= >    <*!|+?%-~   ^ ."u8;
        if (Pop(NodeKind.Identifier) is not { } identifier)
        {
            return null;
        }

        Span<byte> one = stackalloc byte[1];
        var start = arena.TextLength;
        for (var i = 0; i < identifier.TextLength; i++)
        {
            one[0] = arena.AllText[identifier.TextStart + i];
            if (one[0] < 0x80)
            {
                if (!IsLower(one[0]) || characters[one[0] - 'a'] == ' ')
                {
                    return null;
                }

                one[0] = characters[one[0] - 'a'];
            }

            arena.AddText(one);
        }

        var kind = (char)Next() switch
        {
            'i' => NodeKind.InfixOperator,
            'p' => NodeKind.PrefixOperator,
            'P' => NodeKind.PostfixOperator,
            _ => NodeKind.None,
        };
        return kind == NodeKind.None ? null : arena.Make(kind, start, arena.TextLength - start);
    }

    private Node? LocalIdentifier()
    {
        if (Take('L'))
        {
            var discriminator = Pop(NodeKind.Identifier);
            return Make(NodeKind.PrivateDeclName, discriminator, Pop(NodeTraits.Name));
        }

        if (Take('l'))
        {
            return Make(NodeKind.PrivateDeclName, Pop(NodeKind.Identifier));
        }

        if (Look() is (>= (byte)'a' and <= (byte)'j') or (>= (byte)'A' and <= (byte)'J'))
        {
            var kind = arena.Make(NodeKind.Identifier, _position++, 1);
            return Make(NodeKind.RelatedEntityDeclName, kind, Pop());
        }

        // The first of a name is 0, and people count from 1.
        var index = ReadIndex();
        return index < 0 ? null : Make(NodeKind.LocalDeclName, arena.Make(NodeKind.Number, index + 1), Pop(NodeTraits.Name));
    }
}
