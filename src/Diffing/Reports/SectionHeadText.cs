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
        var caches = facts.GroupBy(fact => fact.Container, StringComparer.Ordinal).OrderBy(cache => cache.Key, StringComparer.Ordinal)
            .Select(cache => (Name: cache.Key, Old: Cells(cache, fact => fact.Old), New: Cells(cache, fact => fact.New)));
        foreach (var versions in caches.GroupBy(cache => (cache.Old, cache.New)))
        {
            var names = versions.Select(cache => cache.Name).ToArray();
            text.Append(names[0] is null ? "### Version" : $"### Version ({Markdown.Text(Which(names!))})")
                .Append("\n\n| Firmware | Version | Build | Date |\n| :-- | :------ | :---- | :--- |\n")
                .Append("| ").Append(NameOf(report.Old)).Append(" | ").Append(versions.Key.Old).Append(" |\n")
                .Append("| ").Append(NameOf(report.New)).Append(" | ").Append(versions.Key.New).Append(" |\n\n");
        }

        return text.ToString();

        static string Cells(IEnumerable<SectionFact> cache, Func<SectionFact, string?> of) => string.Join(
            " | ",
            new[] { KernelcacheHandler.VersionFact, KernelcacheHandler.BuildFact, KernelcacheHandler.DateFact }
                .Select(name => Markdown.Text(cache.FirstOrDefault(fact => fact.Name == name) is { } fact ? of(fact) ?? "–" : "–")));
    }

    private static string Which(string[] names) => names.Length == 1 ? names[0] : string.Create(CultureInfo.InvariantCulture, $"{names[0]} and {names.Length - 1} more");

    // Nearly always all stages of all boards went from one version to one other, which is said once.
    private static string StageVersions(Report report, IReadOnlyList<SectionFact> facts)
    {
        var text = new StringBuilder();
        foreach (var versions in facts.GroupBy(fact => (fact.Old, fact.New)))
        {
            var images = versions.Select(fact => fact.Container!).ToArray();
            text.Append("### Version (").Append(Markdown.Text(Which(images))).Append(")\n\n| Firmware | Version |\n| :-- | :------ |\n");
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
