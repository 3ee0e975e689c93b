using System.Globalization;

namespace IpswDiff.Formats.Demangling;

/// <summary>
/// Names of C++ by the Itanium C++ ABI, section 5.1 (mangling), printed as LLVM's tools print them. Expressions other than literals
/// and addresses, modules, constraints and references to template parameters that come later are not understood.
/// </summary>
internal sealed partial class ItaniumDemangler
{
    private const int MaxDepth = 128;
    private const int MaxOutput = 1 << 18;

    private readonly string _name;
    private readonly List<Piece> _substitutions = [];
    private List<Piece> _templateArguments = [];
    private int _position;
    private int _depth;
    private int _output;
    private bool _takesTemplateArguments = true;
    private bool _isInLambda;

    private ItaniumDemangler(string name) => _name = name;

    /// <summary>The declaration that <paramref name="name"/> (beginning with <c>_Z</c>) stands for, or null.</summary>
    public static string? TryDemangle(string name)
    {
        var demangler = new ItaniumDemangler(name) { _position = 2 };
        try
        {
            var text = demangler.Encoding().Text;
            if (demangler.Look() == '.')
            {
                text += $" ({name[demangler._position..]})";
                demangler._position = name.Length;
            }

            return demangler._position == name.Length ? text : null;
        }
        catch (NotUnderstoodException)
        {
            return null;
        }
    }

    private bool IsEndOfEncoding => Look() is '\0' or 'E' or '.' or '_';

    private char Look(int ahead = 0) => _position + ahead < _name.Length ? _name[_position + ahead] : '\0';

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
        if (string.CompareOrdinal(_name, _position, text, 0, text.Length) != 0)
        {
            return false;
        }

        _position += text.Length;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
        {
            throw new NotUnderstoodException();
        }
    }

    // Repeated substitutions can double a name at each step: all text ever made is counted.
    private int Number()
    {
        var isNegative = Take('n');
        var start = _position;
        while (char.IsAsciiDigit(Look()))
        {
            _position++;
        }

        return int.TryParse(_name.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (isNegative ? -number : number)
            : throw new NotUnderstoodException();
    }

    private string Bounded(string text)
    {
        _output += text.Length;
        return _output <= MaxOutput ? text : throw new NotUnderstoodException();
    }

    private T Nested<T>(Func<T> parse)
    {
        if (++_depth > MaxDepth)
        {
            throw new NotUnderstoodException();
        }

        var result = parse();
        _depth--;
        return result;
    }

    private Piece Encoding() => Nested(() =>
    {
        if (Look() is 'T' or 'G')
        {
            return SpecialName();
        }

        var saved = _templateArguments;
        _templateArguments = [];
        var state = new NameState();
        var name = Name(state);
        if (!IsEndOfEncoding)
        {
            if (Look() == 'U' && Look(1) == 'a')
            {
                throw new NotUnderstoodException();
            }

            var returned = !state.IsConversionOrConstructor && state.EndsWithTemplateArguments ? Type() : null;
            var parameters = Parameters(() => IsEndOfEncoding);
            name = new Piece(Bounded(
                (returned is null ? string.Empty : returned.Left + (returned.Right.Length > 0 ? string.Empty : " "))
                + name.Text + "(" + parameters + ")" + returned?.Right + state.Qualifiers));
        }

        _templateArguments = saved;
        return name;
    });

    private string Parameters(Func<bool> isEnd)
    {
        if (Take('v'))
        {
            return string.Empty;
        }

        var parameters = new List<Piece>();
        while (!isEnd())
        {
            parameters.Add(Type());
        }

        return parameters.Count > 0 ? Joined(parameters) : throw new NotUnderstoodException();
    }

    private string Joined(IReadOnlyList<Piece> pieces)
    {
        // A pack that nothing expands is printed by no rule that readers would understand.
        var flat = Piece.Flat(pieces).ToArray();
        return flat.Any(piece => piece.Pack is not null) ? throw new NotUnderstoodException() : Bounded(string.Join(", ", flat.Select(piece => Bounded(piece.Text))));
    }

    private Piece SpecialName()
    {
        if (Take("GV"))
        {
            return new Piece("guard variable for " + Name(null).Text);
        }

        if (Take("GR"))
        {
            var bound = Name(null);
            if (Look() != '_')
            {
                SequenceNumber();
            }

            Expect('_');
            return new Piece("reference temporary for " + bound.Text);
        }

        if (!Take('T'))
        {
            throw new NotUnderstoodException();
        }

        var kind = Look();
        _position++;
        switch (kind)
        {
            case 'V':
                return new Piece("vtable for " + Type().Text);
            case 'T':
                return new Piece("VTT for " + Type().Text);
            case 'I':
                return new Piece("typeinfo for " + Type().Text);
            case 'S':
                return new Piece("typeinfo name for " + Type().Text);
            case 'W':
                return new Piece("thread-local wrapper routine for " + Name(null).Text);
            case 'H':
                return new Piece("thread-local initialization routine for " + Name(null).Text);
            case 'C':
                var first = Type();
                Number();
                Expect('_');
                return new Piece("construction vtable for " + Type().Text + "-in-" + first.Text);
            case 'c':
                CallOffset();
                CallOffset();
                return new Piece("covariant return thunk to " + Encoding().Text);
            case 'h':
                _position--;
                CallOffset();
                return new Piece("non-virtual thunk to " + Encoding().Text);
            case 'v':
                _position--;
                CallOffset();
                return new Piece("virtual thunk to " + Encoding().Text);
            default:
                throw new NotUnderstoodException();
        }
    }

    private void CallOffset()
    {
        if (Take('h'))
        {
            Number();
        }
        else
        {
            Expect('v');
            Number();
            Expect('_');
            Number();
        }

        Expect('_');
    }

    /// <summary>What is learnt of a name while it is read, for what follows it.</summary>
    private sealed class NameState
    {
        public bool IsConversionOrConstructor { get; set; }

        public bool EndsWithTemplateArguments { get; set; }

        public string Qualifiers { get; set; } = string.Empty;
    }
}
