using System.Globalization;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// A list of items in the README: plain while short, folded when long, a page of its own when very long. The thresholds are those
/// readers know.
/// </summary>
internal sealed class MarkdownList(IArtifactStore output, PageNames names)
{
    private const long FoldFrom = 30;
    private const long MoveFrom = 1000;

    /// <summary>Writes heading and items; nothing at all for an empty list.</summary>
    /// <param name="readme">The page the list belongs to.</param>
    /// <param name="heading">The heading with its level, for example <c>#### 🆕 NEW</c>.</param>
    /// <param name="tag">The short name of the group: NEW, Removed, Updated and so on.</param>
    /// <param name="place">The folder of the pages of the list's items; a very long list goes beside it.</param>
    /// <param name="count">How many items there are.</param>
    /// <param name="items">The items.</param>
    /// <param name="bullet">One item's line, given how to reach the report's root from the page it stands on.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task WriteAsync(
        TextWriter readme,
        string heading,
        string tag,
        string place,
        long count,
        IAsyncEnumerable<ReportItem> items,
        Func<ReportItem, string, string> bullet,
        CancellationToken cancellationToken)
    {
        if (count == 0)
        {
            return;
        }

        await readme.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{heading} ({count})\n\n")).ConfigureAwait(false);
        if (count >= MoveFrom)
        {
            var name = names.TakeList(place, tag);
            var root = string.Concat(Enumerable.Repeat("../", name.Count(c => c == '/')));
            await output.TryCreateAsync(
                name,
                async (stream, token) =>
                {
                    using var text = MarkdownPages.Writer(stream);
                    await text.WriteAsync(string.Create(
                        CultureInfo.InvariantCulture, $"## {MarkdownText.Text(place[(place.LastIndexOf('/') + 1)..])} — {tag} ({count})\n\n")).ConfigureAwait(false);
                    await BulletsAsync(text, items, item => bullet(item, root), token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
            await readme.WriteAsync(string.Create(
                CultureInfo.InvariantCulture, $"- [View {count} {tag.ToLowerInvariant()} items]({MarkdownText.Target(name)})\n\n")).ConfigureAwait(false);
            return;
        }

        if (count >= FoldFrom)
        {
            await readme.WriteAsync($"<details>\n  <summary><i>View {tag}</i></summary>\n\n").ConfigureAwait(false);
        }

        await BulletsAsync(readme, items, item => bullet(item, string.Empty), cancellationToken).ConfigureAwait(false);
        await readme.WriteAsync(count >= FoldFrom ? "\n</details>\n\n" : "\n").ConfigureAwait(false);
    }

    private static async Task BulletsAsync(
        TextWriter text, IAsyncEnumerable<ReportItem> items, Func<ReportItem, string> bullet, CancellationToken cancellationToken)
    {
        var between = string.Empty;
        await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var lines = bullet(item);
            await text.WriteAsync($"{between}- {lines}\n").ConfigureAwait(false);
            between = lines.Contains('\n', StringComparison.Ordinal) ? "\n" : string.Empty;
        }
    }
}
