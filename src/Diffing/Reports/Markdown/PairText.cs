using System.Text;
using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Registry;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>The pair in one table: versions, builds, products, kernel and WebKit, as far as they are known.</summary>
internal static class PairText
{
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        Append(text, "Version", report.Old.Version, report.New.Version);
        Append(text, "Build", report.Old.Build, report.New.Build);
        Append(text, "Products", string.Join(", ", report.Old.Products), string.Join(", ", report.New.Products));
        foreach (var section in HandlerRegistry.Sections.Where(section => section.PairFact is not null))
        {
            AppendFact(text, section.PairFact!, report, section.Id);
        }

        return text.Length == 0 ? string.Empty : $"| | Old | New |\n| :-- | :-- | :-- |\n{text}\n";
    }

    // The first that both sides have; the sections tell them all.
    private static void AppendFact(StringBuilder text, PairFact pair, Report report, string handler)
    {
        var facts = report.Sections.Where(section => section.Handler == handler).SelectMany(section => section.Facts).Where(fact => fact.Name == pair.Fact).ToArray();
        if ((Array.Find(facts, fact => fact is { Old: not null, New: not null }) ?? facts.FirstOrDefault()) is { } told)
        {
            Append(text, pair.Title, told.Old, told.New);
        }
    }

    private static void Append(StringBuilder text, string title, string? old, string? @new)
    {
        if (!string.IsNullOrEmpty(old) || !string.IsNullOrEmpty(@new))
        {
            text.Append("| ").Append(title).Append(" | ").Append(MarkdownText.Text(old ?? "–")).Append(" | ").Append(MarkdownText.Text(@new ?? "–")).Append(" |\n");
        }
    }
}
