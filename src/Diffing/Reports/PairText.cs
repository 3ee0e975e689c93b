using System.Text;
using IpswDiff.Diffing.Handlers.Kernelcache;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports;

/// <summary>The pair in one table: versions, builds, products, kernel and WebKit, as far as they are known.</summary>
internal static class PairText
{
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        Append(text, "Version", report.Old.Version, report.New.Version);
        Append(text, "Build", report.Old.Build, report.New.Build);
        Append(text, "Products", string.Join(", ", report.Old.Products), string.Join(", ", report.New.Products));
        AppendFact(text, "Kernel", report, "Kernelcache", KernelcacheHandler.VersionFact);
        AppendFact(text, "WebKit", report, "SharedCache", "WebKit");
        return text.Length == 0 ? string.Empty : $"| | Old | New |\n| :-- | :-- | :-- |\n{text}\n";
    }

    // The first that both sides have; the sections tell them all.
    private static void AppendFact(StringBuilder text, string title, Report report, string handler, string name)
    {
        var facts = report.Sections.Where(section => section.Handler == handler).SelectMany(section => section.Facts).Where(fact => fact.Name == name).ToArray();
        if ((Array.Find(facts, fact => fact is { Old: not null, New: not null }) ?? facts.FirstOrDefault()) is { } told)
        {
            Append(text, title, told.Old, told.New);
        }
    }

    private static void Append(StringBuilder text, string title, string? old, string? @new)
    {
        if (!string.IsNullOrEmpty(old) || !string.IsNullOrEmpty(@new))
        {
            text.Append("| ").Append(title).Append(" | ").Append(Markdown.Text(old ?? "–")).Append(" | ").Append(Markdown.Text(@new ?? "–")).Append(" |\n");
        }
    }
}
