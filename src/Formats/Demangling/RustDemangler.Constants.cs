using System.Globalization;
using System.Text;

namespace IpswDiff.Formats.Demangling;

/// <summary>Constants among generic arguments.</summary>
internal sealed partial class RustDemangler
{
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
}
