using System.Globalization;
using System.Text;

namespace IpswDiff.Diffing.Reports;

/// <summary>Puts hostile text into Markdown so that it stays what it is: text.</summary>
public static class Markdown
{
    /// <summary>
    /// Text without anything that moves a cursor or turns the reading direction: control characters, bidirectional marks and line
    /// separators become visible escapes.
    /// </summary>
    public static string Visible(string text)
    {
        var first = 0;
        while (first < text.Length && !IsHidden(text[first]))
        {
            first++;
        }

        if (first == text.Length)
        {
            return text;
        }

        var visible = new StringBuilder(text, 0, first, text.Length + 16);
        foreach (var c in text.AsSpan(first))
        {
            _ = c switch
            {
                '\n' => visible.Append("\\n"),
                '\r' => visible.Append("\\r"),
                '\t' => visible.Append("\\t"),
                _ when IsHidden(c) => visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => visible.Append(c),
            };
        }

        return visible.ToString();
    }

    /// <summary>A code span, its fence longer than any run of back-quotes inside.</summary>
    public static string Code(string text)
    {
        var visible = Visible(text);
        var fence = new string('`', LongestRun(visible) + 1);
        var pad = visible.Length == 0 || visible[0] is '`' or ' ' || visible[^1] is '`' or ' ' ? " " : string.Empty;
        return fence + pad + visible + pad + fence;
    }

    /// <summary>Plain text in a paragraph, a heading, a link or a table cell; every character that Markdown or HTML could read is escaped.</summary>
    public static string Text(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var c in Visible(text))
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

    private static bool IsHidden(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) is false && CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static int LongestRun(string text)
    {
        var longest = 0;
        var run = 0;
        foreach (var c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
