using System.Buffers;
using System.Globalization;
using System.Text;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>Puts hostile text into Markdown so that it stays what it is: text.</summary>
public static class MarkdownText
{
    /// <summary>
    /// Text without anything that moves a cursor or turns the reading direction: control characters, bidirectional marks and line
    /// separators become visible escapes. Backslashes stay as they are, so text that escapes its own stays readable as what it is.
    /// </summary>
    public static string Visible(string text)
    {
        var first = text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        while (first >= 0 && first < text.Length && !IsHidden(text.AsSpan(first), out _))
        {
            first++;
        }

        if (first < 0 || first == text.Length)
        {
            return text;
        }

        var visible = new StringBuilder(text, 0, first, text.Length + 16);
        for (var i = first; i < text.Length; i++)
        {
            var c = text[i];
            if (!IsHidden(text.AsSpan(i), out var code))
            {
                visible.Append(c);
                continue;
            }

            _ = c switch
            {
                '\n' => visible.Append("\\n"),
                '\r' => visible.Append("\\r"),
                '\t' => visible.Append("\\t"),
                _ when code > char.MaxValue => visible.Append(CultureInfo.InvariantCulture, $"\\u{{{code:x}}}"),
                _ => visible.Append(CultureInfo.InvariantCulture, $"\\u{code:x4}"),
            };
            i += code > char.MaxValue ? 1 : 0;
        }

        return visible.ToString();
    }

    /// <summary><see cref="Visible"/>, and a backslash that could be read as the beginning of an escape is doubled: the text can be had back.</summary>
    public static string Exact(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return Visible(text);
        }

        var doubled = new StringBuilder(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            doubled.Append(text[i]);
            if (text[i] == '\\' && i + 1 < text.Length && (text[i + 1] is 'n' or 'r' or 't' or 'u' or '\\' || IsHidden(text.AsSpan(i + 1), out _)))
            {
                doubled.Append('\\');
            }
        }

        return Visible(doubled.ToString());
    }

    /// <summary>Text in quotation marks, on one line; the marks and backslashes inside are escaped.</summary>
    public static string Quoted(string text) =>
        $"\"{Visible(text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal))}\"";

    /// <summary>
    /// A name in a line of which it is a part: quoted where it begins or holds what the line is divided by, else as <see cref="Exact"/> has it.
    /// </summary>
    public static string Name(string name) =>
        name.Length == 0 || name[0] is '"' or ' ' || name.Contains(" : ", StringComparison.Ordinal)
        || name.Contains(" -> ", StringComparison.Ordinal) || name.EndsWith(" :", StringComparison.Ordinal) || name.EndsWith(" ->", StringComparison.Ordinal)
        || name.Contains(" (", StringComparison.Ordinal) || name.Contains(": 0x", StringComparison.Ordinal)
            ? Quoted(name)
            : Exact(name);

    /// <summary>A code span, its fence longer than any run of back-quotes inside.</summary>
    public static string Code(string text)
    {
        var visible = Exact(text);
        var fence = new string('`', LongestRun(visible) + 1);
        var pad = visible.Length == 0 || visible[0] is '`' or ' ' || visible[^1] is '`' or ' ' ? " " : string.Empty;
        return fence + pad + visible + pad + fence;
    }

    /// <summary>A code span in a cell of a table, which ends at a pipe unless a backslash stands before it.</summary>
    public static string CellCode(string text) => Code(text).Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>Plain text in a paragraph, a heading, a link or a table cell; every character that Markdown or HTML could read is escaped.</summary>
    public static string Text(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var c in Exact(text))
        {
            switch (c)
            {
                case '<':
                    escaped.Append("&lt;");
                    break;
                case '>':
                    escaped.Append("&gt;");
                    break;
                case '&':
                    escaped.Append("&amp;");
                    break;
                case '\\' or '`' or '*' or '_' or '[' or ']' or '|' or '#' or '~' or '!' or '$':
                    escaped.Append('\\').Append(c);
                    break;
                default:
                    escaped.Append(c);
                    break;
            }
        }

        return escaped.ToString();
    }

    /// <summary>A link target made of path parts; everything but unreserved characters is percent-encoded.</summary>
    public static string Target(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    /// <summary>A fence longer than any run of back-quotes in the text it is to hold.</summary>
    public static string Fence(string text) => new('`', Math.Max(3, LongestRun(text) + 1));

    private static bool IsHidden(ReadOnlySpan<char> text, out int code)
    {
        code = text[0];
        if (text[0] < 0x7f)
        {
            return text[0] < ' ';
        }

        if (char.IsSurrogate(text[0]))
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out _) != OperationStatus.Done)
            {
                return false;
            }

            code = rune.Value;
            return Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format;
        }

        return CharUnicodeInfo.GetUnicodeCategory(text[0]) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
    }

    private static int LongestRun(ReadOnlySpan<char> text)
    {
        var longest = 0;
        for (var at = text.IndexOf('`'); at >= 0; at = text.IndexOf('`'))
        {
            text = text[at..];
            var end = text.IndexOfAnyExcept('`');
            var run = end < 0 ? text.Length : end;
            longest = Math.Max(longest, run);
            text = text[run..];
        }

        return longest;
    }
}
