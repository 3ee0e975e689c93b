namespace IpswDiff.Formats.Demangling;

/// <summary>Types, template arguments and operators.</summary>
internal sealed partial class ItaniumDemangler
{
    private static readonly Dictionary<string, string> Operators = new(StringComparer.Ordinal)
    {
        ["nw"] = " new",
        ["na"] = " new[]",
        ["dl"] = " delete",
        ["da"] = " delete[]",
        ["aw"] = " co_await",
        ["ps"] = "+",
        ["ng"] = "-",
        ["ad"] = "&",
        ["de"] = "*",
        ["co"] = "~",
        ["pl"] = "+",
        ["mi"] = "-",
        ["ml"] = "*",
        ["dv"] = "/",
        ["rm"] = "%",
        ["an"] = "&",
        ["or"] = "|",
        ["eo"] = "^",
        ["aS"] = "=",
        ["pL"] = "+=",
        ["mI"] = "-=",
        ["mL"] = "*=",
        ["dV"] = "/=",
        ["rM"] = "%=",
        ["aN"] = "&=",
        ["oR"] = "|=",
        ["eO"] = "^=",
        ["ls"] = "<<",
        ["rs"] = ">>",
        ["lS"] = "<<=",
        ["rS"] = ">>=",
        ["eq"] = "==",
        ["ne"] = "!=",
        ["lt"] = "<",
        ["gt"] = ">",
        ["le"] = "<=",
        ["ge"] = ">=",
        ["ss"] = "<=>",
        ["nt"] = "!",
        ["aa"] = "&&",
        ["oo"] = "||",
        ["pp"] = "++",
        ["mm"] = "--",
        ["cm"] = ",",
        ["pm"] = "->*",
        ["pt"] = "->",
        ["cl"] = "()",
        ["ix"] = "[]",
    };

    private static string? Builtin(char c) => c switch
    {
        'v' => "void",
        'w' => "wchar_t",
        'b' => "bool",
        'c' => "char",
        'a' => "signed char",
        'h' => "unsigned char",
        's' => "short",
        't' => "unsigned short",
        'i' => "int",
        'j' => "unsigned int",
        'l' => "long",
        'm' => "unsigned long",
        'x' => "long long",
        'y' => "unsigned long long",
        'n' => "__int128",
        'o' => "unsigned __int128",
        'f' => "float",
        'd' => "double",
        'e' => "long double",
        'g' => "__float128",
        'z' => "...",
        _ => null,
    };

    private static string? ExtendedBuiltin(char c) => c switch
    {
        'd' => "decimal64",
        'e' => "decimal128",
        'f' => "decimal32",
        'h' => "half",
        'i' => "char32_t",
        's' => "char16_t",
        'u' => "char8_t",
        'a' => "auto",
        'c' => "decltype(auto)",
        'n' => "std::nullptr_t",
        _ => null,
    };

    private string OperatorName(NameState? state)
    {
        if (Take("cv"))
        {
            // `operator T` may be a template whose own arguments follow the type; they are not arguments of the type.
            var saved = _takesTemplateArguments;
            _takesTemplateArguments = false;
            var type = Type();
            _takesTemplateArguments = saved;
            MarkConversion(state);
            return "operator " + type.Text;
        }

        if (Take("li"))
        {
            return "operator\"\" " + SourceName();
        }

        if (_position + 2 > _name.Length || !Operators.TryGetValue(_name.Substring(_position, 2), out var sign))
        {
            throw new NotUnderstoodException();
        }

        _position += 2;
        return "operator" + sign;
    }

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

    private Piece TemplateParameter()
    {
        Expect('T');
        var index = 0;
        if (Look() != '_')
        {
            index = Number() + 1;
        }

        Expect('_');
        if (_isInLambda)
        {
            return new Piece("auto");
        }

        return index > 0 || _templateArguments.Count > 0
            ? (index >= 0 && index < _templateArguments.Count ? _templateArguments[index] : throw new NotUnderstoodException())
            : throw new NotUnderstoodException();
    }

    private Piece WithArguments(Piece name, IReadOnlyList<Piece> arguments) => Piece.Zip([name, .. arguments], pieces =>
        new Piece(Bounded(pieces[0].Text + "<" + Joined([.. pieces.Skip(1)]) + ">")) { BaseName = name.BaseName, HasTemplateArguments = true });

    private List<Piece> TemplateArguments(bool tag)
    {
        Expect('I');
        if (tag)
        {
            _templateArguments = [];
        }

        var arguments = new List<Piece>();
        var own = _templateArguments;
        while (!Take('E'))
        {
            var argument = TemplateArgument();
            arguments.Add(argument);
            if (tag)
            {
                // A pack as an argument is spread out where it stands, and waits for its expansion where it is referred to.
                own.Add(argument.List is { } members ? new Piece(string.Empty) { Pack = members } : argument);
                _templateArguments = own;
            }
        }

        return arguments;
    }

    private Piece TemplateArgument() => Nested(() =>
    {
        switch (Look())
        {
            case 'J':
                _position++;
                var members = new List<Piece>();
                while (!Take('E'))
                {
                    members.Add(TemplateArgument());
                }

                return new Piece(string.Empty) { List = [.. Piece.Flat(members)] };
            case 'L':
                return Literal();
            case 'X':
                _position++;
                var isAddress = Take("ad");
                var literal = Look() == 'L' ? Literal() : throw new NotUnderstoodException();
                Expect('E');
                return isAddress ? new Piece("&" + literal.Text) : literal;
            default:
                return Type();
        }
    });

    private Piece Literal()
    {
        Expect('L');
        if (Take("_Z") || Look() == 'Z' && Take('Z'))
        {
            var encoding = Encoding();
            Expect('E');
            return encoding;
        }

        if (Take("DnE") || Take("Dn0E"))
        {
            return new Piece("nullptr");
        }

        var code = Look();
        if (code == 'b')
        {
            _position++;
            var value = Take('1') ? "true" : Take('0') ? "false" : throw new NotUnderstoodException();
            Expect('E');
            return new Piece(value);
        }

        var suffix = code switch { 'i' => string.Empty, 'j' => "u", 'l' => "l", 'm' => "ul", 'x' => "ll", 'y' => "ull", _ => null };
        var isInteger = suffix is not null || code is 'w' or 'c' or 'a' or 'h' or 's' or 't' or 'n' or 'o' or 'S' or 'N' or 'Z' || char.IsAsciiDigit(code);
        if (!isInteger)
        {
            throw new NotUnderstoodException();
        }

        var type = Type();
        var sign = Take('n') ? "-" : string.Empty;
        var start = _position;
        while (char.IsAsciiDigit(Look()))
        {
            _position++;
        }

        if (_position == start)
        {
            throw new NotUnderstoodException();
        }

        var digits = sign + _name[start.._position];
        Expect('E');
        return new Piece(suffix is null ? "(" + type.Text + ")" + digits : digits + suffix);
    }
}
