namespace IpswDiff.Formats.Demangling;

/// <summary>What operators and builtin types are called: the tables of the grammar.</summary>
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
}
