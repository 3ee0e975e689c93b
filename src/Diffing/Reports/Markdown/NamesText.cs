using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Demangling;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// The folded list of names at the end of a page: what a mangled name says, and below it the name as it stands in the blocks above,
/// whose grammar stays what tools and readers know.
/// </summary>
internal static class NamesText
{
    public static void Append(StringBuilder text, SliceChange slice, string before)
    {
        var names = new StringBuilder();
        var count = 0;
        foreach (var raw in Of(slice))
        {
            if (Demangler.TryDemangle(raw) is { } name)
            {
                names.Append(MarkdownText.Exact(name)).Append("\n    ").Append(MarkdownText.Exact(raw)).Append('\n');
                count++;
            }
        }

        if (count == 0)
        {
            return;
        }

        var list = names.ToString();
        var fence = MarkdownText.Fence(list);
        text.Append(before)
            .Append(CultureInfo.InvariantCulture, $"<details>\n  <summary><i>Names: {count} demangled</i></summary>\n\n{fence}text\n{list}{fence}\n\n</details>\n");
    }

    /// <summary>The names of symbols and functions of a slice, each once.</summary>
    public static IEnumerable<string> Of(SliceChange slice)
    {
        var symbols = slice.Symbols;
        var functions = slice.Functions;
        return symbols.Added.Concat(symbols.Removed).Select(symbol => symbol.Name)
            .Concat(symbols.Rekinded.Select(symbol => symbol.Name))
            .Concat(functions is null ? [] : functions.Changed.Select(function => function.Name).Concat(functions.Added.Concat(functions.Removed).Select(function => function.Name)))
            .Distinct(StringComparer.Ordinal);
    }
}
