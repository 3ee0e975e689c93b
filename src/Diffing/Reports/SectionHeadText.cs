using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports;

/// <summary>What stands in a section of the README before its lists: containers in numbers, and facts of both firmwares.</summary>
internal static class SectionHeadText
{
    public static string Of(Report report, Section section)
    {
        var text = new StringBuilder();
        AppendContainers(text, section.Containers);
        foreach (var fact in section.Facts.Where(fact => fact.Old is not null || fact.New is not null))
        {
            text.Append("### ").Append(Markdown.Text(fact.Container is null ? fact.Name : $"{fact.Name} ({fact.Container})"))
                .Append("\n\n| Firmware | Version |\n| :-- | :------ |\n");
            AppendSide(text, report.Old, fact.Old);
            AppendSide(text, report.New, fact.New);
            text.Append('\n');
        }

        return text.ToString();
    }

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
            text.Append(CultureInfo.InvariantCulture, $"| {Markdown.Code(container.Name)} | {items} | {container.SameIdentity} | {container.MovedOnly} |\n");
        }

        text.Append('\n');
        foreach (var note in containers.SelectMany(container => container.Notes))
        {
            text.Append("> ").Append(Markdown.Text(note)).Append("\n\n");
        }
    }

    private static void AppendSide(StringBuilder text, FirmwareInfo side, string? value)
    {
        var name = side.Version is null ? Markdown.Text(Path.GetFileName(side.Path.TrimEnd('/'))) : $"{Markdown.Text(side.Version)} *({Markdown.Text(side.Build ?? string.Empty)})*";
        text.Append("| ").Append(name).Append(" | ").Append(Markdown.Text(value ?? "–")).Append(" |\n");
    }
}
