using System.Globalization;
using System.Text;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>Reads one line of Markdown from left to right, by rules of CommonMark of its own: code spans, links, escapes.</summary>
internal sealed class InlineText(string line)
{
    private int _at;

    public bool IsAtEnd => _at == line.Length;

    public char Peek => _at < line.Length ? line[_at] : '\0';

    public bool TryTake(string literal)
    {
        if (string.CompareOrdinal(line, _at, literal, 0, literal.Length) != 0)
        {
            return false;
        }

        _at += literal.Length;
        return true;
    }

    public InlineText Take(string literal) => TryTake(literal) ? this : throw new FormatException($"'{literal}' is missing at {_at} of: {line}");

    public string Code()
    {
        var fence = line[_at..].TakeWhile(c => c == '`').Count();
        var start = _at + fence;
        for (var i = start; i < line.Length;)
        {
            var run = line[i..].TakeWhile(c => c == '`').Count();
            if (run == fence && fence > 0)
            {
                _at = i + run;
                var inner = line[start..i];
                return Escapes.Decode(inner.Length > 1 && inner[0] == ' ' && inner[^1] == ' ' ? inner[1..^1] : inner);
            }

            i += Math.Max(1, run);
        }

        throw new FormatException($"no code span at {_at} of: {line}");
    }

    public (string Text, string Target) Link()
    {
        Take("[");
        var text = Text("](");
        Take("](");
        var end = line.IndexOf(')', _at);
        var target = Uri.UnescapeDataString(line[_at..end]);
        _at = end + 1;
        return (text, target);
    }

    /// <summary>Text up to a mark that stands unescaped, or to the end of the line.</summary>
    public string Text(string? until = null)
    {
        var text = new StringBuilder();
        while (_at < line.Length && (until is null || string.CompareOrdinal(line, _at, until, 0, until.Length) != 0))
        {
            if (line[_at] == '\\' && _at + 1 < line.Length && char.IsPunctuation(line[_at + 1]) | char.IsSymbol(line[_at + 1]))
            {
                text.Append(line[_at + 1]);
                _at += 2;
            }
            else if (line[_at] is '[' or ']' or '<' or '>' or '`' or '|' or '*' or '_' or '#')
            {
                throw new FormatException($"'{line[_at]}' at {_at} is Markdown: {line}");
            }
            else if (line[_at] == '&')
            {
                text.Append(TryTake("&lt;") ? '<' : TryTake("&gt;") ? '>' : TryTake("&amp;") ? '&' : throw new FormatException("an entity: " + line));
            }
            else
            {
                text.Append(line[_at++]);
            }
        }

        return Escapes.Decode(text.ToString());
    }

    public string Rest()
    {
        var rest = line[_at..];
        _at = line.Length;
        return rest;
    }
}

/// <summary>Characters that are spelt out, had back.</summary>
internal static class Escapes
{
    public static string Decode(string text)
    {
        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var next = i + 1 < text.Length ? text[i + 1] : '\0';
            if (text[i] != '\\' || next is not ('n' or 'r' or 't' or 'u' or '\\'))
            {
                decoded.Append(text[i]);
                continue;
            }

            i++;
            if (next == 'u')
            {
                var isLong = text[i + 1] == '{';
                var digits = isLong ? text[(i + 2)..text.IndexOf('}', i)] : text[(i + 1)..(i + 5)];
                decoded.Append(char.ConvertFromUtf32(int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
                i += digits.Length + (isLong ? 2 : 0);
            }
            else
            {
                decoded.Append(next switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => '\\' });
            }
        }

        return decoded.ToString();
    }

    /// <summary>A string in quotation marks, whole.</summary>
    public static string Unquote(string text) => text is ['"', .. var inner, '"']
        ? Decode(DropQuoteEscapes(inner))
        : throw new FormatException("no quoted string: " + text);

    /// <summary>A name at the beginning of a line, quoted or not, and what follows it.</summary>
    public static (string Name, string Tail) TakeName(string text, params string[] ends)
    {
        if (text.StartsWith('"'))
        {
            var end = 1;
            while (text[end] != '"')
            {
                end += text[end] == '\\' ? 2 : 1;
            }

            return (Unquote(text[..(end + 1)]), text[(end + 1)..]);
        }

        var first = ends.Select(end => text.IndexOf(end, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(text.Length).Min();
        return (Decode(text[..first]), text[first..]);
    }

    private static string DropQuoteEscapes(string inner)
    {
        var text = new StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '\\' && i + 1 < inner.Length)
            {
                text.Append(inner[i + 1] == '"' ? "\"" : inner.Substring(i, 2));
                i++;
            }
            else
            {
                text.Append(inner[i]);
            }
        }

        return text.ToString();
    }
}
