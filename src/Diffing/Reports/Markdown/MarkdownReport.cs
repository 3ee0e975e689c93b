using System.Globalization;
using IpswDiff.Diffing.Handlers.Files;
using IpswDiff.Diffing.Registry;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// The report as a folder of Markdown: <c>README.md</c> with summary and lists, and one page a changed binary.
/// </summary>
public static class MarkdownReport
{
    /// <summary>The name of the first page.</summary>
    public const string FileName = "README.md";

    private const int TopCount = 20;

    /// <summary>Writes all pages to <paramref name="output"/>.</summary>
    /// <exception cref="IOException">Reading items or writing failed.</exception>
    public static Task WriteAsync(ReportContents report, IArtifactStore output, CancellationToken cancellationToken) =>
        output.TryCreateAsync(
            FileName,
            async (stream, token) =>
            {
                using var readme = MarkdownPages.Writer(stream);
                using var pages = new MarkdownPages(report.Details, output);
                try
                {
                    await WriteHeadAsync(report, readme).ConfigureAwait(false);
                    await WriteTopAsync(report, readme, pages, token).ConfigureAwait(false);
                    foreach (var section in report.Head.Sections)
                    {
                        await WriteSectionAsync(report, section, readme, pages, output, token).ConfigureAwait(false);
                    }

                    await readme.WriteAsync(RunText.Of(report.Head)).ConfigureAwait(false);
                }
                finally
                {
                    await pages.FinishAsync().ConfigureAwait(false);
                }

                await readme.WriteAsync("## EOF\n").ConfigureAwait(false);
            },
            cancellationToken);

    private static (string Heading, string Tag) Words(ItemGroup group) => group switch
    {
        ItemGroup.Added => ("🆕 NEW", "NEW"),
        ItemGroup.Removed => ("❌ Removed", "Removed"),
        ItemGroup.Changed => ("⬆️ Updated", "Updated"),
        ItemGroup.Moved => ("🚚 Moved", "Moved"),
        ItemGroup.Rebuilt => ("🔁 Rebuilt", "Rebuilt"),
        _ => ("⚠️ Unreadable", "Unreadable"),
    };

    private static async Task WriteHeadAsync(ReportContents report, StreamWriter readme)
    {
        var head = report.Head;
        await readme.WriteAsync($"# {MarkdownText.Text(head.Title)}\n\n## Inputs\n\n").ConfigureAwait(false);
        foreach (var side in (FirmwareInfo[])[head.Old, head.New])
        {
            await readme.WriteAsync($"- {MarkdownText.Code(Path.GetFileName(side.Path.TrimEnd('/')))}\n").ConfigureAwait(false);
        }

        await readme.WriteAsync($"\n## Summary\n\n{PairText.Of(head)}| Section | New | Removed | Updated | Moved | Rebuilt | Unreadable | State |\n| :-- | --: | --: | --: | --: | --: | --: | :-- |\n").ConfigureAwait(false);
        foreach (var section in head.Sections)
        {
            var counts = string.Join(
                " | ",
                ItemGroups.InOrder.Select(group => section.Counts.GetValueOrDefault(group).ToString(CultureInfo.InvariantCulture)));
            var name = IsWritten(head, section) ? $"[{MarkdownText.Text(section.Handler)}](#{Anchor(HandlerRegistry.SectionOf(section.Handler).Heading)})" : MarkdownText.Text(section.Handler);
            await readme.WriteAsync($"| {name} | {counts} | {StateText(section)} |\n").ConfigureAwait(false);
        }

        await readme.WriteAsync("\n").ConfigureAwait(false);
    }

    private static async Task WriteTopAsync(ReportContents report, StreamWriter readme, MarkdownPages pages, CancellationToken cancellationToken)
    {
        var top = await report.TopAsync(TopCount, cancellationToken).ConfigureAwait(false);
        if (top.Count == 0)
        {
            return;
        }

        await readme.WriteAsync("### Top changes\n\n| Score | Class | Section | Change | Item |\n| --: | :-- | :-- | :-- | :-- |\n").ConfigureAwait(false);
        foreach (var found in top)
        {
            var (handler, group, item) = found;
            var page = await pages.WriteEarlyAsync(PageNames.Place(HandlerRegistry.SectionOf(handler).Folder, item.Volume ?? string.Empty), item, cancellationToken).ConfigureAwait(false);
            var name = page is null ? MarkdownText.CellCode(item.Path) : $"[{MarkdownText.Text(item.Path)}]({MarkdownText.Target(page)})";
            var volume = found.Place is { } label ? MarkdownText.Text(label) + ": " : string.Empty;
            var (_, tag) = Words(group);
            await readme.WriteAsync(string.Create(
                CultureInfo.InvariantCulture, $"| {item.Score} | {$"{item.Class}".ToLowerInvariant()} | {MarkdownText.Text(handler)} | {tag} | {volume}{name} |\n")).ConfigureAwait(false);
        }

        await readme.WriteAsync("\n").ConfigureAwait(false);
    }

    private static async Task WriteSectionAsync(
        ReportContents report, Section section, StreamWriter readme, MarkdownPages pages, IArtifactStore output, CancellationToken cancellationToken)
    {
        if (!IsWritten(report.Head, section))
        {
            return;
        }

        var descriptor = HandlerRegistry.SectionOf(section.Handler);
        await readme.WriteAsync($"## {MarkdownText.Text(descriptor.Heading)}\n\n").ConfigureAwait(false);
        if (section.Reason is { } reason)
        {
            await readme.WriteAsync($"> **{section.State}:** {MarkdownText.Text(reason)}\n\n").ConfigureAwait(false);
        }

        await readme.WriteAsync(SectionHeadText.Of(report.Head, section)).ConfigureAwait(false);
        var volumes = await VolumesAsync(report, section, cancellationToken).ConfigureAwait(false);
        if (descriptor.ListsByKey)
        {
            await new KeyPages(report, descriptor, pages, output).WriteAsync(readme, section, [.. volumes.Select(volume => volume.Name)], cancellationToken).ConfigureAwait(false);
            volumes.RemoveAll(volume => volume.Counts.Keys.All(group => KeyPages.Tells(descriptor, group)));
        }

        foreach (var volume in volumes)
        {
            var level = "###";
            if ((volume.Name.Length > 0 ? volume.Name : descriptor.ListHeading) is { } heading)
            {
                await readme.WriteAsync($"### {MarkdownText.Text(heading)}\n\n").ConfigureAwait(false);
                level = "####";
            }

            var place = PageNames.Place(descriptor.Folder, volume.Name);
            foreach (var group in ItemGroups.InOrder.Where(group => !KeyPages.Tells(descriptor, group)))
            {
                var (title, tag) = Words(group);
                var count = volume.Counts.GetValueOrDefault(group);
                var inline = new InlineValues(descriptor, count);
                var items = report.Items.ReadAsync(section.Handler, group, volume.Name, cancellationToken)
                    .Select(async (item, token) =>
                    {
                        var page = await pages.WriteItemAsync(place, item, token).ConfigureAwait(false);
                        await inline.ReadAsync(pages, item, page, token).ConfigureAwait(false);
                        return item with { Details = page };
                    });
                await new MarkdownList(output, pages.Names).WriteAsync(
                    readme, $"{level} {title}", tag, place, count, items, (item, root) => Bullet(item, root) + inline.Of(item), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool IsWritten(Report report, Section section) =>
        section.Counts.Values.Sum() > 0 || section.State != SectionState.Complete || SectionHeadText.Of(report, section).Length > 0;

    // As GitHub makes them: lower case, spaces as dashes, neither marks nor pictures.
    private static string Anchor(string heading) =>
        string.Concat(heading.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-')).Replace(' ', '-');

    private static async Task<List<(string Name, Dictionary<ItemGroup, long> Counts)>> VolumesAsync(
        ReportContents report, Section section, CancellationToken cancellationToken)
    {
        List<(string Name, Dictionary<ItemGroup, long> Counts)> volumes = [];
        foreach (var group in ItemGroups.InOrder)
        {
            await foreach (var run in report.Items.RunsAsync(section.Handler, group, cancellationToken).ConfigureAwait(false))
            {
                var name = run.Volume ?? string.Empty;
                var index = volumes.FindIndex(volume => volume.Name == name);
                if (index < 0)
                {
                    index = volumes.Count;
                    volumes.Add((name, []));
                }

                volumes[index].Counts[group] = volumes[index].Counts.GetValueOrDefault(group) + run.Count;
            }
        }

        var known = new[] { FilesHandler.ArchiveVolume, "FileSystem", "SystemOS", "AppOS", "ExclaveOS" };
        return [.. volumes.OrderBy(volume => Array.IndexOf(known, volume.Name) is var place && place < 0 ? known.Length : place).ThenBy(volume => volume.Name, StringComparer.Ordinal)];
    }

    private static string Bullet(ReportItem item, string root)
    {
        var name = item.Details is { } page ? $"[{MarkdownText.Text(item.Path)}]({root}{MarkdownText.Target(page)})" : MarkdownText.Code(item.Path);
        if (item.FromPath is { } from)
        {
            var origin = item.FromVolume != item.Volume && item.FromVolume is { } volume ? $"{MarkdownText.Text(volume)}: {MarkdownText.Code(from)}" : MarkdownText.Code(from);
            var entries = item.Counts?.GetValueOrDefault("entries") is > 0 and var inside ? $", {Amount.Of(inside, "entry", "entries")}" : string.Empty;
            return $"{origin} → {name} *(same {MarkdownText.Text(item.Proof ?? "identity")}{entries})*";
        }

        if (item.Reason is { } reason)
        {
            return $"{name} — {MarkdownText.Text(reason)}";
        }

        if (item.Counts?.TryGetValue("bytes", out var bytes) == true)
        {
            return $"{name} — {Amount.Of(bytes, "byte", "bytes")}";
        }

        return item is { Old: { } old, New: { } @new } ? $"{name} — {FactsChange(old, @new, item.What ?? [])}" : name;
    }

    private static string FactsChange(FileFacts old, FileFacts @new, IReadOnlyList<string> what) => string.Join(", ", what.Select(aspect => aspect switch
    {
        "size" => string.Create(CultureInfo.InvariantCulture, $"size {old.Size} → {@new.Size}"),
        "mode" => $"mode {MarkdownText.Text(old.Mode ?? "–")} → {MarkdownText.Text(@new.Mode ?? "–")}",
        "kind" => $"{MarkdownText.Text(old.Kind)} → {MarkdownText.Text(@new.Kind)}",
        "target" => $"target {MarkdownText.Code(old.Target ?? string.Empty)} → {MarkdownText.Code(@new.Target ?? string.Empty)}",
        _ => MarkdownText.Text(aspect),
    }));

    private static string StateText(Section section) => section.State switch
    {
        SectionState.Complete => "complete",
        SectionState.Incomplete => "**incomplete**" + ReasonText(section),
        _ => "skipped" + ReasonText(section),
    };

    private static string ReasonText(Section section) => section.Reason is { } reason ? ": " + MarkdownText.Text(reason) : string.Empty;
}
