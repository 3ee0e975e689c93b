namespace IpswDiff.Formats.Demangling;

/// <summary>Template parameters and arguments, literals among them.</summary>
internal sealed partial class ItaniumDemangler
{
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
