namespace IpswDiff.Formats.Demangling;

/// <summary>Types: qualified, pointers and references, functions, arrays.</summary>
internal sealed partial class ItaniumDemangler
{
    private string Qualifiers()
    {
        var (isRestrict, isVolatile, isConst) = (Take('r'), Take('V'), Take('K'));
        return (isConst ? " const" : string.Empty) + (isVolatile ? " volatile" : string.Empty) + (isRestrict ? " restrict" : string.Empty);
    }

    private Piece Type() => Nested(() =>
    {
        var c = Look();
        if (Builtin(c) is { } builtin)
        {
            _position++;
            return new Piece(builtin);
        }

        if (c == 'D' && ExtendedBuiltin(Look(1)) is { } extended)
        {
            _position += 2;
            return new Piece(extended);
        }

        Piece type;
        switch (c)
        {
            case 'r' or 'V' or 'K':
                type = Qualified();
                break;
            case 'U':
                _position++;
                var extension = SourceName();
                type = Look() == 'I' ? throw new NotUnderstoodException() : Type().Map(inner => new Piece(Bounded(inner.Text + " " + extension)));
                break;
            case 'u':
                _position++;
                return new Piece(SourceName());
            case 'F':
                type = FunctionType(string.Empty);
                break;
            case 'D' when Look(1) == 'p':
                _position += 2;
                var pattern = Type();
                type = pattern.Pack is { } pack ? new Piece(string.Empty) { List = pack } : new Piece(Bounded(pattern.Text + "..."));
                break;
            case 'D' when Look(1) == 'o':
                type = FunctionType(string.Empty);
                break;
            case 'A':
                type = ArrayType();
                break;
            case 'M':
                _position++;
                var owner = Type();
                var member = Type();
                type = member.IsFunctionOrArray
                    ? new Piece(Bounded(member.Left + "(" + owner.Text + "::*"), ")" + member.Right)
                    : new Piece(Bounded(member.Left + " " + owner.Text + "::*"), member.Right);
                break;
            case 'T':
                type = Look(1) is 's' or 'u' or 'e' ? throw new NotUnderstoodException() : TemplateParameter();
                if (_takesTemplateArguments && Look() == 'I')
                {
                    _substitutions.Add(type);
                    type = WithArguments(type, TemplateArguments(tag: false));
                }

                break;
            case 'P':
                _position++;
                type = Type().Map(Pointer);
                break;
            case 'R' or 'O':
                _position++;
                type = Type().Map(inner => Reference(inner, c == 'R' ? 1 : 2));
                break;
            case 'C':
                _position++;
                type = Type().Map(inner => new Piece(inner.Left + " complex", inner.Right));
                break;
            case 'S' when Look(1) != 't':
                type = Substitution();
                if (!_takesTemplateArguments || Look() != 'I')
                {
                    return type;
                }

                type = WithArguments(type, TemplateArguments(tag: false));
                break;
            case 'N' or 'Z' or 'S' or (>= '1' and <= '9'):
                type = Name(null);
                break;
            default:
                throw new NotUnderstoodException();
        }

        _substitutions.Add(type);
        return type;
    });

    private Piece Pointer(Piece inner) => inner.IsFunctionOrArray
        ? new Piece(Bounded(inner.Left + (inner.IsArray ? " (*" : "(*")), ")" + inner.Right)
        : new Piece(Bounded(inner.Left + "*"), inner.Right);

    private Piece Reference(Piece inner, int kind)
    {
        // A reference to a reference is one of the weaker kind.
        if (inner.Referee is { } referee)
        {
            (inner, kind) = (referee, Math.Min(kind, inner.Reference));
        }

        var sign = kind == 1 ? "&" : "&&";
        return inner.IsFunctionOrArray
            ? new Piece(Bounded(inner.Left + (inner.IsArray ? " (" : "(") + sign), ")" + inner.Right) { Reference = kind, Referee = inner }
            : new Piece(Bounded(inner.Left + sign), inner.Right) { Reference = kind, Referee = inner };
    }

    private Piece Qualified()
    {
        var qualifiers = Qualifiers();
        if (Look() == 'F' || (Look() == 'D' && Look(1) == 'o'))
        {
            return FunctionType(qualifiers);
        }

        return Type().Map(inner => new Piece(Bounded(inner.Left + qualifiers), inner.Right) { IsFunctionOrArray = inner.IsFunctionOrArray, IsArray = inner.IsArray });
    }

    private Piece FunctionType(string qualifiers)
    {
        var noexcept = Take("Do") ? " noexcept" : string.Empty;
        Expect('F');
        Take('Y');
        var returned = Type();
        var reference = string.Empty;
        var parameters = new List<Piece>();
        var isVoid = Take('v');
        while (!Take('E'))
        {
            if (Take("RE"))
            {
                reference = " &";
                break;
            }

            if (Take("OE"))
            {
                reference = " &&";
                break;
            }

            parameters.Add(Type());
        }

        if (isVoid ? parameters.Count > 0 : parameters.Count == 0)
        {
            throw new NotUnderstoodException();
        }

        return Piece.Zip([returned, .. parameters], pieces => new Piece(
            Bounded(pieces[0].Left + " "),
            Bounded("(" + Joined([.. pieces.Skip(1)]) + ")" + pieces[0].Right + qualifiers + reference + noexcept))
        { IsFunctionOrArray = true });
    }

    private Piece ArrayType()
    {
        Expect('A');
        var length = string.Empty;
        if (char.IsAsciiDigit(Look()))
        {
            length = Digits();
        }
        else
        {
            Expect('_');
        }

        return Type().Map(element => new Piece(
            element.Left,
            Bounded(" [" + length + "]" + element.Right.TrimStart(' ')))
        { IsFunctionOrArray = true, IsArray = true });
    }
}
