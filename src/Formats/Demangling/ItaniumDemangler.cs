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

    private Piece Name(NameState? state) => Nested(() =>
    {
        if (Look() == 'N')
        {
            return NestedName(state);
        }

        if (Look() == 'Z')
        {
            return LocalName(state);
        }

        var isSubstitution = Look() == 'S' && Look(1) != 't';
        var name = isSubstitution ? Substitution() : UnqualifiedName(state, Take("St") ? new Piece("std") : null);
        if (Look() == 'I')
        {
            if (!isSubstitution)
            {
                _substitutions.Add(name);
            }

            name = WithArguments(name, TemplateArguments(state is not null));
            if (state is not null)
            {
                state.EndsWithTemplateArguments = true;
            }

            return name;
        }

        return isSubstitution ? throw new NotUnderstoodException() : name;
    });

    private Piece NestedName(NameState? state)
    {
        Expect('N');
        var qualifiers = Qualifiers();
        var reference = Take('O') ? " &&" : Take('R') ? " &" : string.Empty;
        if (state is not null)
        {
            state.Qualifiers = qualifiers + reference;
        }

        Piece? scope = null;
        while (!Take('E'))
        {
            if (state is not null)
            {
                state.EndsWithTemplateArguments = false;
            }

            if (Look() == 'T' && scope is null)
            {
                scope = TemplateParameter();
            }
            else if (Look() == 'I' && scope is { HasTemplateArguments: false })
            {
                scope = WithArguments(scope, TemplateArguments(state is not null));
                if (state is not null)
                {
                    state.EndsWithTemplateArguments = true;
                }
            }
            else if (Look() == 'S' && Look(1) != 't' && scope is null)
            {
                scope = Substitution();
                continue;
            }
            else if (scope is null && Take("St"))
            {
                scope = new Piece("std") { BaseName = "std" };
                continue;
            }
            else
            {
                scope = UnqualifiedName(state, scope);
            }

            _substitutions.Add(scope);
            Take('M');
        }

        if (scope is null || _substitutions.Count == 0)
        {
            throw new NotUnderstoodException();
        }

        _substitutions.RemoveAt(_substitutions.Count - 1);
        return scope;
    }

    private Piece LocalName(NameState? state)
    {
        Expect('Z');
        var function = Encoding();
        Expect('E');
        if (Take('s'))
        {
            Discriminator();
            return new Piece(Bounded(function.Text + "::'string literal'"));
        }

        if (Take('d'))
        {
            if (Look() != '_')
            {
                Number();
            }

            Expect('_');
            var argument = Name(state);
            return new Piece(Bounded(function.Text + "::" + argument.Text)) { BaseName = argument.BaseName };
        }

        var name = Name(state);
        Discriminator();
        return new Piece(Bounded(function.Text + "::" + name.Text)) { BaseName = name.BaseName };
    }

    private void Discriminator()
    {
        if (Look() != '_')
        {
            return;
        }

        if (Look(1) == '_')
        {
            _position += 2;
            Number();
            Expect('_');
        }
        else if (char.IsAsciiDigit(Look(1)))
        {
            _position += 2;
        }
    }

    private Piece UnqualifiedName(NameState? state, Piece? scope)
    {
        Take('F');
        Take('L');
        var c = Look();
        Piece name;
        if (c is >= '1' and <= '9')
        {
            var source = SourceName();
            name = new Piece(source) { BaseName = source };
        }
        else if (c == 'U')
        {
            name = UnnamedName();
        }
        else if (c == 'C' && scope is not null)
        {
            (scope, name) = Constructor(state, scope);
        }
        else if (c == 'D' && scope is not null && Look(1) is '0' or '1' or '2' or '4' or '5')
        {
            _position += 2;
            MarkConversion(state);
            name = new Piece("~" + BaseOf(scope));
            scope = scope.Expanded is { } full ? new Piece(full) : scope;
        }
        else
        {
            name = new Piece(OperatorName(state));
        }

        while (Take('B'))
        {
            name = new Piece(name.Text + "[abi:" + SourceName() + "]") { BaseName = name.BaseName };
        }

        return scope is null ? name : new Piece(Bounded(scope.Text + "::" + name.Text)) { BaseName = name.BaseName };
    }

    private (Piece Scope, Piece Name) Constructor(NameState? state, Piece scope)
    {
        if (Look(1) is not (>= '1' and <= '5'))
        {
            throw new NotUnderstoodException();
        }

        _position += 2;
        MarkConversion(state);
        var name = new Piece(BaseOf(scope));
        return (scope.Expanded is { } full ? new Piece(full) : scope, name);
    }

    private static string BaseOf(Piece scope) => scope.BaseName.Length > 0 ? scope.BaseName : throw new NotUnderstoodException();

    private static void MarkConversion(NameState? state)
    {
        if (state is not null)
        {
            state.IsConversionOrConstructor = true;
        }
    }

    private Piece UnnamedName()
    {
        if (Take("Ut"))
        {
            return new Piece("'unnamed" + Digits() + "'");
        }

        if (Take("Ub"))
        {
            Digits();
            return new Piece("'block-literal'");
        }

        if (!Take("Ul"))
        {
            throw new NotUnderstoodException();
        }

        // Template parameters within the parameters of a generic lambda are its own, written auto.
        var (saved, wasInLambda) = (_templateArguments, _isInLambda);
        (_templateArguments, _isInLambda) = ([], true);
        var parameters = Parameters(() => Look() is 'E' or '\0');
        (_templateArguments, _isInLambda) = (saved, wasInLambda);
        Expect('E');
        return new Piece("'lambda" + Digits() + "'(" + parameters + ")");
    }

    private string Digits()
    {
        var start = _position;
        while (char.IsAsciiDigit(Look()))
        {
            _position++;
        }

        var digits = _name[start.._position];
        Expect('_');
        return digits;
    }

    private string SourceName()
    {
        var length = Number();
        if (length <= 0 || length > _name.Length - _position || _name[_position - 1] is < '0' or > '9')
        {
            throw new NotUnderstoodException();
        }

        var name = _name.Substring(_position, length);
        _position += length;
        return name.StartsWith("_GLOBAL__N", StringComparison.Ordinal) ? "(anonymous namespace)" : name;
    }

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

    private int SequenceNumber()
    {
        var (number, start) = (0L, _position);
        while (Look() is (>= '0' and <= '9') or (>= 'A' and <= 'Z'))
        {
            number = (number * 36) + (Look() <= '9' ? Look() - '0' : Look() - 'A' + 10);
            if (number > _name.Length)
            {
                throw new NotUnderstoodException();
            }

            _position++;
        }

        return _position > start ? (int)number : throw new NotUnderstoodException();
    }

    private Piece Substitution()
    {
        Expect('S');
        if (StandardName(Look()) is { } standard)
        {
            _position++;
            if (Look() == 'B')
            {
                throw new NotUnderstoodException();
            }

            return standard;
        }

        var index = 0;
        if (Look() != '_')
        {
            index = SequenceNumber() + 1;
        }

        Expect('_');
        return index < _substitutions.Count ? _substitutions[index] : throw new NotUnderstoodException();
    }

    private static Piece? StandardName(char c)
    {
        return c switch
        {
            'a' => new Piece("std::allocator") { BaseName = "allocator" },
            'b' => new Piece("std::basic_string") { BaseName = "basic_string" },
            's' => Full("std::string", "basic_string", ", std::allocator<char>"),
            'i' => Full("std::istream", "basic_istream", string.Empty),
            'o' => Full("std::ostream", "basic_ostream", string.Empty),
            'd' => Full("std::iostream", "basic_iostream", string.Empty),
            _ => null,
        };

        static Piece Full(string name, string of, string rest) => new(name) { BaseName = of, Expanded = $"std::{of}<char, std::char_traits<char>{rest}>" };
    }

    /// <summary>What is learnt of a name while it is read, for what follows it.</summary>
    private sealed class NameState
    {
        public bool IsConversionOrConstructor { get; set; }

        public bool EndsWithTemplateArguments { get; set; }

        public string Qualifiers { get; set; } = string.Empty;
    }
}
