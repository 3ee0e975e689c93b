using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>What changed by key stands below its item in the README where the list and the change are short; the page says it as well.</summary>
/// <param name="section">The section.</param>
/// <param name="count">How many items the list has.</param>
internal sealed class InlineValues(SectionDescriptor section, long count)
{
    private const int MostItems = 10;
    private const int MostLines = 12;
    private const int LongestLine = 200;

    private readonly Dictionary<string, string> _blocks = new(StringComparer.Ordinal);

    /// <summary>Reads what is to stand below an item.</summary>
    /// <exception cref="IOException">The details are gone or damaged, or storage failed.</exception>
    public async Task ReadAsync(MarkdownPages pages, ReportItem item, string? page, CancellationToken cancellationToken)
    {
        if (page is null || count > MostItems || !section.ShowsValuesInline)
        {
            return;
        }

        var details = await pages.ReadDetailsAsync(item, cancellationToken).ConfigureAwait(false);
        var lines = ValueChangeText.Lines(details.Values).Split('\n')[..^1];
        if (lines.Length is > 0 and <= MostLines && lines.All(line => line.Length <= LongestLine))
        {
            var fence = MarkdownText.Fence(string.Join('\n', lines));
            _blocks[page] = $"\n\n  {fence}diff\n{string.Concat(lines.Select(line => $"  {line}\n"))}  {fence}";
        }
    }

    /// <summary>What stands below the item of a page.</summary>
    public string Of(ReportItem item) => item.Details is { } page ? _blocks.GetValueOrDefault(page, string.Empty) : string.Empty;
}
