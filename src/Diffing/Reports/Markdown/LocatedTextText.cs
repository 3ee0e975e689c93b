using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>Text found in raw bytes, as a diff: what came and what went, each line with the place where it stands.</summary>
internal static class LocatedTextText
{
    /// <summary>The part of a page; nothing where there is nothing to tell.</summary>
    public static string Of(LocatedTextChanges? changes)
    {
        if (changes is null || changes.Added.Count + changes.Removed.Count == 0)
        {
            return string.Empty;
        }

        var lines = new StringBuilder();
        Append(lines, '-', changes.Removed);
        Append(lines, '+', changes.Added);
        var body = lines.ToString();
        var fence = MarkdownText.Fence(body);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"\n### Strings ({changes.Added.Count} added, {changes.Removed.Count} removed)\n\n{fence}diff\n{body}{fence}\n");
    }

    private static void Append(StringBuilder lines, char sign, IReadOnlyList<LocatedText> texts)
    {
        foreach (var text in texts)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{sign} 0x{text.Offset:x}: {MarkdownText.Exact(text.Text)}\n");
        }
    }
}
