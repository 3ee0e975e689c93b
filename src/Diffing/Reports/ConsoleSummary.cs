using System.Globalization;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports;

/// <summary>A report in a screenful: what was compared, counts by section, the items that changed most.</summary>
public static class ConsoleSummary
{
    private const int TopItems = 10;

    private static readonly (ItemGroup Group, string Title)[] Columns =
    [
        (ItemGroup.Added, "New"),
        (ItemGroup.Removed, "Removed"),
        (ItemGroup.Changed, "Changed"),
        (ItemGroup.Moved, "Moved"),
        (ItemGroup.Rebuilt, "Rebuilt"),
        (ItemGroup.Unreadable, "Unreadable"),
    ];

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
        await text.WriteLineAsync($"{bold}{Markdown.Visible(head.Title)}{plain}").ConfigureAwait(false);
        await text.WriteLineAsync().ConfigureAwait(false);
        await text.WriteLineAsync($"{"Section",-16}{string.Concat(Columns.Select(column => $"{column.Title,11}"))}  State").ConfigureAwait(false);
        foreach (var section in head.Sections)
        {
            var counts = string.Concat(Columns.Select(column => string.Create(
                CultureInfo.InvariantCulture, $"{section.Counts.GetValueOrDefault(column.Group),11}")));
            var state = section.State switch
            {
                SectionState.Complete => "complete",
                SectionState.Incomplete => "incomplete: " + section.Reason,
                _ => "skipped: " + section.Reason,
            };
            await text.WriteLineAsync($"{section.Handler,-16}{counts}  {Markdown.Visible(state)}").ConfigureAwait(false);
        }

        await WriteTopAsync(report, text, cancellationToken).ConfigureAwait(false);
        await text.WriteLineAsync().ConfigureAwait(false);
        await text.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{head.Run.DurationSeconds:0.00} s, {head.Run.Shards} shards, peak {head.Run.PeakWorkingSetBytes / 1048576.0:0} MiB")).ConfigureAwait(false);
    }

    private static async Task WriteTopAsync(ReportContents report, TextWriter text, CancellationToken cancellationToken)
    {
        // Only the largest few are kept while the items stream by.
        var top = new PriorityQueue<(string Handler, ReportItem Item), long>();
        foreach (var section in report.Head.Sections)
        {
            await foreach (var item in report.Items.ReadAsync(section.Handler, ItemGroup.Changed, cancellationToken).ConfigureAwait(false))
            {
                if (item.Counts is { Count: > 0 } counts)
                {
                    top.Enqueue((section.Handler, item), counts.Values.Sum());
                    if (top.Count > TopItems)
                    {
                        top.Dequeue();
                    }
                }
            }
        }

        if (top.Count == 0)
        {
            return;
        }

        var lines = new List<string>();
        while (top.TryDequeue(out var entry, out _))
        {
            var volume = entry.Item.Volume is { } name ? name + ":" : string.Empty;
            var counts = string.Join(", ", entry.Item.Counts!.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key} {count.Value}")));
            lines.Add($"  {Markdown.Visible(volume + entry.Item.Path)}  ({counts})");
        }

        lines.Reverse();
        await text.WriteLineAsync().ConfigureAwait(false);
        await text.WriteLineAsync("Changed most").ConfigureAwait(false);
        foreach (var line in lines)
        {
            await text.WriteLineAsync(line).ConfigureAwait(false);
        }
    }
}
