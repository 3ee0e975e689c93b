using System.Globalization;
using System.Text;

namespace IpswDiff.Formats.Demangling;

/// <summary>Names of Rust by the v0 scheme (RFC 2603), printed as LLVM's tools print them. Identifiers in Punycode are not understood.</summary>
internal sealed partial class RustDemangler
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
}
