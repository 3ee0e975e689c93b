using IpswDiff.Diffing.Reports.Json;
using IpswDiff.Diffing.Reports.Markdown;

namespace IpswDiff.Service;

/// <summary>Under which path below a run's own each report is served.</summary>
internal static class ReportNames
{
    public static IReadOnlyList<(string Path, string Artifact)> All { get; } =
    [
        ("report.html", "report.html"),
        ("report.md", MarkdownReport.FileName),
        ("report.json", JsonReport.FileName),
    ];
}
