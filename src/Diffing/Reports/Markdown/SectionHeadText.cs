using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Registry;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>What stands in a section of the README before its lists: containers in numbers, and facts of both firmwares.</summary>
internal static class SectionHeadText
{
    public static string Of(Report report, Section section)
    {
        var text = new StringBuilder();
        AppendContainers(text, section.Containers);
        if (HandlerRegistry.SectionOf(section.Handler).FactColumns is { Count: > 0 } columns)
        {
            return text.Append(Table(report, section.Facts, columns)).ToString();
        }

        foreach (var fact in section.Facts.Where(fact => fact.Old is not null || fact.New is not null))
        {
            text.Append("### ").Append(MarkdownText.Text(fact.Container is null ? fact.Name : $"{fact.Name} ({fact.Container})"))
                .Append("\n\n| Firmware | Version |\n| :-- | :------ |\n");
            AppendSide(text, report.Old, fact.Old);
            AppendSide(text, report.New, fact.New);
            text.Append('\n');
        }

        return text.ToString();
    }

    // Nearly always everything went from one version to one other, which is said once.
    private static string Table(Report report, IReadOnlyList<SectionFact> facts, IReadOnlyList<string> columns)
    {
        var text = new StringBuilder();
        var rows = facts.GroupBy(fact => fact.Container, StringComparer.Ordinal)
            .OrderBy(container => container.Key, StringComparer.Ordinal)
            .SelectMany(container => Rows(container, columns));
        foreach (var alike in rows.GroupBy(row => (row.Old, row.New)))
        {
            var names = alike.Select(row => row.Container).ToArray();
            text.Append(names[0] is null ? "### Version" : $"### Version ({MarkdownText.Text(Which(names!))})").Append("\n\n| Firmware |");
            columns.ToList().ForEach(column => text.Append(' ').Append(column).Append(" |"));
            text.Append("\n| :-- |");
            columns.ToList().ForEach(column => text.Append(" :").Append('-', column.Length - 1).Append(" |"));
            text.Append("\n| ").Append(NameOf(report.Old)).Append(" | ").Append(alike.Key.Old).Append(" |\n| ")
                .Append(NameOf(report.New)).Append(" | ").Append(alike.Key.New).Append(" |\n\n");
        }

        return text.ToString();
    }

    // A container may tell a fact more than once; what belongs together has the same place among its like.
    private static IEnumerable<(string? Container, string Old, string New)> Rows(
        IGrouping<string?, SectionFact> container, IReadOnlyList<string> columns)
    {
        var byColumn = columns.Select(name => container.Where(fact => fact.Name == name).ToArray()).ToArray();
        for (var row = 0; row < byColumn.Max(facts => facts.Length); row++)
        {
            var at = row;
            var cells = byColumn.Select(facts => facts.ElementAtOrDefault(at)).ToArray();
            yield return (container.Key, Cells(cells.Select(fact => fact?.Old)), Cells(cells.Select(fact => fact?.New)));
        }
    }

    private static string Cells(IEnumerable<string?> values) =>
        string.Join(" | ", values.Select(value => MarkdownText.Text(value ?? "–")));

    private static string Which(string[] names) => names.Length == 1 ? names[0] : string.Create(CultureInfo.InvariantCulture, $"{names[0]} and {names.Length - 1} more");

    private static void AppendContainers(StringBuilder text, IReadOnlyList<ContainerInfo> containers)
    {
        if (containers.Count == 0)
        {
            return;
        }

        text.Append("| Cache | Images | Same UUID | Of those moved |\n| :-- | --: | --: | --: |\n");
        foreach (var container in containers)
        {
            var items = container.OldItems == container.NewItems
                ? container.NewItems.ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{container.OldItems} → {container.NewItems}");
            text.Append(CultureInfo.InvariantCulture, $"| {MarkdownText.CellCode(container.Name)} | {items} | {container.SameIdentity} | {container.MovedOnly} |\n");
        }

        text.Append('\n');
        foreach (var note in containers.SelectMany(container => container.Notes))
        {
            text.Append("> ").Append(MarkdownText.Text(note)).Append("\n\n");
        }
    }

    private static void AppendSide(StringBuilder text, FirmwareInfo side, string? value)
    {
        text.Append("| ").Append(NameOf(side)).Append(" | ").Append(MarkdownText.Text(value ?? "–")).Append(" |\n");
    }

    private static string NameOf(FirmwareInfo side) => side.Version is null
        ? MarkdownText.Text(Path.GetFileName(side.Path.TrimEnd('/')))
        : $"{MarkdownText.Text(side.Version)} *({MarkdownText.Text(side.Build ?? string.Empty)})*";
}
