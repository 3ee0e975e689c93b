using System.Globalization;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Console;

/// <summary>A report in a screenful: what was compared, counts by section, the changes that matter most.</summary>
public static class ConsoleSummary
{
    private const int TopCount = 20;

    /// <summary>Writes the summary.</summary>
    /// <param name="report">The report.</param>
    /// <param name="text">Where to.</param>
    /// <param name="color">Whether the terminal shows colours.</param>
    /// <param name="cancellationToken">Stops the reading of items.</param>
    /// <exception cref="IOException">Reading items failed.</exception>
    public static async Task WriteAsync(ReportContents report, TextWriter text, bool color, CancellationToken cancellationToken)
    {
        var head = report.Head;
        var bold = color ? "\e[1m" : string.Empty;
        var plain = color ? "\e[0m" : string.Empty;
        await text.WriteLineAsync($"{bold}{MarkdownText.Visible(head.Title)}{plain}").ConfigureAwait(false);
        await text.WriteLineAsync().ConfigureAwait(false);
        await text.WriteLineAsync($"{"Section",-16}{string.Concat(ItemGroups.InOrder.Select(group => $"{Title(group),11}"))}  State").ConfigureAwait(false);
        foreach (var section in head.Sections)
        {
            var counts = string.Concat(ItemGroups.InOrder.Select(group => string.Create(
                CultureInfo.InvariantCulture, $"{section.Counts.GetValueOrDefault(group),11}")));
            var state = section.State switch
            {
                SectionState.Complete => "complete",
                SectionState.Incomplete => "incomplete: " + section.Reason,
                _ => "skipped: " + section.Reason,
            };
            await text.WriteLineAsync($"{section.Handler,-16}{counts}  {MarkdownText.Visible(state)}").ConfigureAwait(false);
        }

        await WriteTopAsync(report, text, cancellationToken).ConfigureAwait(false);
        await text.WriteLineAsync().ConfigureAwait(false);
        await text.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{head.Run.DurationSeconds:0.00} s, {Amount.Of(head.Run.Shards, "shard", "shards")}, peak {head.Run.PeakWorkingSetBytes / 1048576.0:0} MiB")).ConfigureAwait(false);
    }

    private static string Title(ItemGroup group) => group == ItemGroup.Added ? "New" : group.ToString();

    private static async Task WriteTopAsync(ReportContents report, TextWriter text, CancellationToken cancellationToken)
    {
        var top = await report.TopAsync(TopCount, cancellationToken).ConfigureAwait(false);
        if (top.Count == 0)
        {
            return;
        }

        await text.WriteLineAsync().ConfigureAwait(false);
        await text.WriteLineAsync("Top changes").ConfigureAwait(false);
        foreach (var found in top)
        {
            var (handler, group, item) = found;
            var volume = found.Place is { } name ? name + ":" : string.Empty;
            var counts = item.Counts is { Count: > 0 } all
                ? "  (" + string.Join(", ", all.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key} {count.Value}"))) + ")"
                : string.Empty;
            var kind = $"{item.Class}".ToLowerInvariant();
            await text.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"  {item.Score,3} {kind,-9}  {handler,-12} {Word(group),-7}  {MarkdownText.Visible(volume + item.Path)}{counts}")).ConfigureAwait(false);
        }
    }

    private static string Word(ItemGroup group) => group switch
    {
        ItemGroup.Added => "new",
        ItemGroup.Removed => "removed",
        _ => "changed",
    };
}
