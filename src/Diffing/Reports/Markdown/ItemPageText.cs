using System.Text;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>The page of one item: its name, its path, and one part for each facet of its details.</summary>
internal static class ItemPageText
{
    /// <summary>The whole page.</summary>
    public static StringBuilder Page(ItemDetails details)
    {
        var text = new StringBuilder();
        var name = details.Path[(details.Path.LastIndexOf('/') + 1)..];
        text.Append("## ").Append(MarkdownText.Text(name)).Append("\n\n> ").Append(MarkdownText.Code(details.Path)).Append('\n');
        BinaryChangeText.AppendSlices(text, details.Slices);
        text.Append(LocatedTextText.Of(details.Strings));
        if (details.Definition is { } definition)
        {
            text.Append(DefinitionText.Of(definition));
        }

        return text.Append(ValueChangeText.Block(details.Values));
    }
}
