using System.Globalization;
using System.Text;

namespace IpswDiff.Formats.Demangling;

/// <summary>Names of Rust by the v0 scheme (RFC 2603), printed as LLVM's tools print them. Identifiers in Punycode are not understood.</summary>
internal sealed class RustDemangler
{
    private const int MaxDepth = 128;
    private const int MaxOutput = 1 << 16;
    private const int MaxSteps = 1 << 16;

    private readonly string _name;
    private readonly StringBuilder _text = new();
    private int _position;
    private int _depth;
    private int _steps;
    private int _boundLifetimes;
    private bool _isSilent;

    private RustDemangler(string name) => _name = name;

    /// <summary>The path that <paramref name="name"/> (beginning with <c>_R</c>) stands for, or null.</summary>
    public static string? TryDemangle(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var demangler = new RustDemangler(dot < 0 ? name[2..] : name[2..dot]);
        try
        {
            demangler.Path(isType: false, leaveOpen: false);
            if (demangler._position < demangler._name.Length)
            {
                demangler.Silently(() => demangler.Path(isType: false, leaveOpen: false));
            }
        }
        catch (NotUnderstoodException)
        {
            return null;
        }

        return demangler._position < demangler._name.Length ? null : demangler._text + (dot < 0 ? string.Empty : $" ({name[dot..]})");
    }

    private char Look() => _position < _name.Length ? _name[_position] : '\0';

    private char Next() => _position < _name.Length ? _name[_position++] : throw new NotUnderstoodException();

    private bool Take(char c)
    {
        if (Look() != c)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void Print(string text)
    {
        if (!_isSilent)
        {
            _text.Append(text);
        }

        if (_text.Length > MaxOutput)
        {
            throw new NotUnderstoodException();
        }
    }

    private void Silently(Action parse)
    {
        var saved = _isSilent;
        _isSilent = true;
        parse();
        _isSilent = saved;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth || ++_steps > MaxSteps)
        {
            throw new NotUnderstoodException();
        }
    }

    /// <summary>Reads a path; true where it ends in generic arguments that were left open for more.</summary>
    private bool Path(bool isType, bool leaveOpen)
    {
        Enter();
        var isOpen = false;
        switch (Next())
        {
            case 'C':
                OptionalNumber('s');
                Print(Identifier());
                break;
            case 'M':
                ImplPath();
                Print("<");
                Type();
                Print(">");
                break;
            case 'X':
                ImplPath();
                TypeAsPath();
                break;
            case 'Y':
                TypeAsPath();
                break;
            case 'N':
                NestedPath(isType);
                break;
            case 'I':
                Path(isType, leaveOpen: false);
                Print(isType ? "<" : "::<");
                for (var i = 0; !Take('E'); i++)
                {
                    Print(i > 0 ? ", " : string.Empty);
                    GenericArgument();
                }

                isOpen = leaveOpen;
                Print(isOpen ? string.Empty : ">");
                break;
            case 'B':
                BackReference(() => isOpen = Path(isType, leaveOpen));
                break;
            default:
                throw new NotUnderstoodException();
        }

        _depth--;
        return isOpen;
    }

    private void ImplPath() => Silently(() =>
    {
        OptionalNumber('s');
        Path(isType: false, leaveOpen: false);
    });

    private void TypeAsPath()
    {
        Print("<");
        Type();
        Print(" as ");
        Path(isType: true, leaveOpen: false);
        Print(">");
    }

    private void NestedPath(bool isType)
    {
        var kind = Next();
        if (!char.IsAsciiLetter(kind))
        {
            throw new NotUnderstoodException();
        }

        Path(isType, leaveOpen: false);
        var number = OptionalNumber('s');
        var name = Identifier();
        if (char.IsAsciiLetterLower(kind))
        {
            Print(name.Length > 0 ? "::" + name : string.Empty);
            return;
        }

        var special = kind switch { 'C' => "closure", 'S' => "shim", _ => kind.ToString() };
        Print(string.Create(CultureInfo.InvariantCulture, $"::{{{special}{(name.Length > 0 ? ":" + name : string.Empty)}#{number}}}"));
    }

    private void GenericArgument()
    {
        if (Take('L'))
        {
            Print(Lifetime(Number()));
        }
        else if (Take('K'))
        {
            Constant();
        }
        else
        {
            Type();
        }
    }

    private void Type()
    {
        Enter();
        var start = _position;
        var c = Next();
        if (BasicType(c) is { } basic)
        {
            Print(basic);
        }
        else
        {
            CompoundType(c, start);
        }

        _depth--;
    }

    private void CompoundType(char c, int start)
    {
        switch (c)
        {
            case 'A':
                Print("[");
                Type();
                Print("; ");
                Constant();
                Print("]");
                break;
            case 'S':
                Print("[");
                Type();
                Print("]");
                break;
            case 'T':
                Print("(");
                var count = 0;
                for (; !Take('E'); count++)
                {
                    Print(count > 0 ? ", " : string.Empty);
                    Type();
                }

                Print(count == 1 ? ",)" : ")");
                break;
            case 'R' or 'Q':
                Print("&");
                if (Take('L') && Number() is var lifetime and > 0)
                {
                    Print(Lifetime(lifetime) + " ");
                }

                Print(c == 'Q' ? "mut " : string.Empty);
                Type();
                break;
            case 'P' or 'O':
                Print(c == 'P' ? "*const " : "*mut ");
                Type();
                break;
            case 'F':
                FunctionType();
                break;
            case 'D':
                DynamicType();
                break;
            case 'B':
                BackReference(Type);
                break;
            default:
                _position = start;
                Path(isType: true, leaveOpen: false);
                break;
        }
    }

    private void FunctionType()
    {
        var saved = _boundLifetimes;
        Binder();
        Print(Take('U') ? "unsafe " : string.Empty);
        if (Take('K'))
        {
            Print("extern \"" + (Take('C') ? "C" : Identifier().Replace('_', '-')) + "\" ");
        }

        Print("fn(");
        for (var i = 0; !Take('E'); i++)
        {
            Print(i > 0 ? ", " : string.Empty);
            Type();
        }

        Print(")");
        if (!Take('u'))
        {
            Print(" -> ");
            Type();
        }

        _boundLifetimes = saved;
    }

    private void DynamicType()
    {
        var saved = _boundLifetimes;
        Print("dyn ");
        Binder();
        for (var i = 0; !Take('E'); i++)
        {
            Print(i > 0 ? " + " : string.Empty);
            var isOpen = Path(isType: true, leaveOpen: true);
            while (Take('p'))
            {
                Print(isOpen ? ", " : "<");
                isOpen = true;
                Print(Identifier() + " = ");
                Type();
            }

            Print(isOpen ? ">" : string.Empty);
        }

        _boundLifetimes = saved;
        if (!Take('L'))
        {
            throw new NotUnderstoodException();
        }

        if (Number() is var lifetime and > 0)
        {
            Print(" + " + Lifetime(lifetime));
        }
    }

    private void Binder()
    {
        var count = OptionalNumber('G');
        if (count == 0)
        {
            return;
        }

        // Each bound lifetime is referred to by the rest of the name, so there cannot be more than it has characters.
        if (count > (ulong)(_name.Length - _boundLifetimes))
        {
            throw new NotUnderstoodException();
        }

        Print("for<");
        for (var i = 0UL; i < count; i++)
        {
            _boundLifetimes++;
            Print((i > 0 ? ", " : string.Empty) + Lifetime(1));
        }

        Print("> ");
    }

    private string Lifetime(ulong index)
    {
        if (index == 0)
        {
            return "'_";
        }

        if (index > (ulong)_boundLifetimes)
        {
            throw new NotUnderstoodException();
        }

        var depth = (ulong)_boundLifetimes - index;
        return depth < 26 ? "'" + (char)('a' + depth) : string.Create(CultureInfo.InvariantCulture, $"'z{depth - 26 + 1}");
    }

    private void Constant()
    {
        Enter();
        var c = Next();
        switch (c)
        {
            case 'B':
                BackReference(Constant);
                break;
            case 'p':
                Print("_");
                break;
            case 'b':
                Print(HexDigits() switch { "0" => "false", "1" => "true", _ => throw new NotUnderstoodException() });
                break;
            case 'c':
                Print(Character(HexDigits()));
                break;
            case 'a' or 's' or 'l' or 'x' or 'n' or 'i' or 'h' or 't' or 'm' or 'y' or 'o' or 'j':
                var sign = c is 'a' or 's' or 'l' or 'x' or 'n' or 'i' && Take('n') ? "-" : string.Empty;
                var digits = HexDigits();
                Print(sign + (digits.Length <= 16 ? ulong.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture) : "0x" + digits));
                break;
            default:
                throw new NotUnderstoodException();
        }

        _depth--;
    }

    private string HexDigits()
    {
        var start = _position;
        while (char.IsAsciiHexDigitLower(Look()))
        {
            _position++;
        }

        var digits = _name[start.._position];
        return digits.Length > 0 && (digits[0] != '0' || digits.Length == 1) && Take('_') ? digits : throw new NotUnderstoodException();
    }

    private static string Character(string digits)
    {
        if (digits.Length > 6 || !Rune.TryCreate(int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), out var rune))
        {
            throw new NotUnderstoodException();
        }

        return "'" + rune.Value switch
        {
            '\t' => "\\t",
            '\r' => "\\r",
            '\n' => "\\n",
            '\\' => "\\\\",
            '\'' => "\\'",
            '"' => "\"",
            >= 0x20 and < 0x7F => rune.ToString(),
            _ => $"\\u{{{digits}}}",
        } + "'";
    }

    private void BackReference(Action parse)
    {
        var start = _position - 1;
        var target = Number();
        if (target >= (ulong)start)
        {
            throw new NotUnderstoodException();
        }

        if (_isSilent)
        {
            return;
        }

        var saved = _position;
        _position = (int)target;
        parse();
        _position = saved;
    }

    private string Identifier()
    {
        if (Look() == 'u')
        {
            throw new NotUnderstoodException();
        }

        var start = _position;
        if (!Take('0'))
        {
            while (char.IsAsciiDigit(Look()))
            {
                _position++;
            }
        }

        if (!int.TryParse(_name.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            throw new NotUnderstoodException();
        }

        Take('_');
        if (length > _name.Length - _position)
        {
            throw new NotUnderstoodException();
        }

        var name = _name.Substring(_position, length);
        _position += length;
        return name;
    }

    private ulong OptionalNumber(char tag) => Take(tag) ? Number() + 1 : 0;

    private ulong Number()
    {
        if (Take('_'))
        {
            return 0;
        }

        var value = 0UL;
        while (!Take('_'))
        {
            var c = Next();
            var digit = c switch
            {
                >= '0' and <= '9' => c - '0',
                >= 'a' and <= 'z' => c - 'a' + 10,
                >= 'A' and <= 'Z' => c - 'A' + 36,
                _ => throw new NotUnderstoodException(),
            };
            if (value > (ulong.MaxValue >> 7))
            {
                throw new NotUnderstoodException();
            }

            value = (value * 62) + (ulong)digit;
        }

        return value + 1;
    }

    private static string? BasicType(char c) => c switch
    {
        'a' => "i8",
        'b' => "bool",
        'c' => "char",
        'd' => "f64",
        'e' => "str",
        'f' => "f32",
        'h' => "u8",
        'i' => "isize",
        'j' => "usize",
        'l' => "i32",
        'm' => "u32",
        'n' => "i128",
        'o' => "u128",
        'p' => "_",
        's' => "i16",
        't' => "u16",
        'u' => "()",
        'v' => "...",
        'x' => "i64",
        'y' => "u64",
        'z' => "!",
        _ => null,
    };
}
