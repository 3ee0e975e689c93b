namespace IpswDiff.Formats.Demangling;

/// <summary>Names: nested, local, unnamed, of constructors and of source.</summary>
internal sealed partial class ItaniumDemangler
{
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
}
