using System.Globalization;

namespace IpswDiff.Formats.Demangling;

/// <summary>Types, with the lifetimes that they bind.</summary>
internal sealed partial class RustDemangler
{
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
