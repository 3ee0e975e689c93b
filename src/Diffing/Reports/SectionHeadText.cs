using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Handlers.Kernelcache;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports;

/// <summary>What stands in a section of the README before its lists: containers in numbers, and facts of both firmwares.</summary>
internal static class SectionHeadText
{
    public static string Of(Report report, Section section)
    {
        var text = new StringBuilder();
        AppendContainers(text, section.Containers);
        if (section.Handler == "Kernelcache")
        {
            return text.Append(KernelVersions(report, section.Facts)).ToString();
        }

        if (section.Handler == "IBoot")
        {
            return text.Append(StageVersions(report, section.Facts)).ToString();
        }

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

    private static string KernelVersions(Report report, IReadOnlyList<SectionFact> facts)
    {
        var text = new StringBuilder();
        foreach (var cache in facts.GroupBy(fact => fact.Container, StringComparer.Ordinal).OrderBy(cache => cache.Key, StringComparer.Ordinal))
        {
            text.Append(cache.Key is null ? "### Version" : $"### Version ({Markdown.Text(cache.Key)})")
                .Append("\n\n| Firmware | Version | Build | Date |\n| :-- | :------ | :---- | :--- |\n");
            foreach (var (side, of) in new (FirmwareInfo, Func<SectionFact, string?>)[] { (report.Old, fact => fact.Old), (report.New, fact => fact.New) })
            {
                var cells = new[] { KernelcacheHandler.VersionFact, KernelcacheHandler.BuildFact, KernelcacheHandler.DateFact }
                    .Select(name => Markdown.Text(cache.FirstOrDefault(fact => fact.Name == name) is { } fact ? of(fact) ?? "–" : "–"));
                text.Append("| ").Append(NameOf(side)).Append(" | ").AppendJoin(" | ", cells).Append(" |\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    // Nearly always all stages of all boards went from one version to one other, which is said once.
    private static string StageVersions(Report report, IReadOnlyList<SectionFact> facts)
    {
        var text = new StringBuilder();
        foreach (var versions in facts.GroupBy(fact => (fact.Old, fact.New)))
        {
            var images = versions.Select(fact => fact.Container!).ToArray();
            var which = images.Length == 1 ? images[0] : string.Create(CultureInfo.InvariantCulture, $"{images[0]} and {images.Length - 1} more");
            text.Append("### Version (").Append(Markdown.Text(which)).Append(")\n\n| Firmware | Version |\n| :-- | :------ |\n");
            AppendSide(text, report.Old, versions.Key.Old);
            AppendSide(text, report.New, versions.Key.New);
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
            text.Append(CultureInfo.InvariantCulture, $"| {Markdown.CellCode(container.Name)} | {items} | {container.SameIdentity} | {container.MovedOnly} |\n");
        }

        text.Append('\n');
        foreach (var note in containers.SelectMany(container => container.Notes))
        {
            text.Append("> ").Append(Markdown.Text(note)).Append("\n\n");
        }
    }

    private static void AppendSide(StringBuilder text, FirmwareInfo side, string? value)
    {
        text.Append("| ").Append(NameOf(side)).Append(" | ").Append(Markdown.Text(value ?? "–")).Append(" |\n");
    }
    private static string NameOf(FirmwareInfo side) => side.Version is null
        ? Markdown.Text(Path.GetFileName(side.Path.TrimEnd('/')))
        : $"{Markdown.Text(side.Version)} *({Markdown.Text(side.Build ?? string.Empty)})*";
}
