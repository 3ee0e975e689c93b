using IpswDiff.Diffing.Reports.Json;
using IpswDiff.Diffing.Reports.Markdown;

namespace IpswDiff.Service;

/// <summary>Under which path below a run's own each report is served.</summary>
public static class ReportNames
{
    /// <summary>The report as one page.</summary>
    public const string Html = "report.html";

    /// <summary>The report in Markdown.</summary>
    public const string Markdown = "report.md";

    /// <summary>The report in JSON.</summary>
    public const string Json = "report.json";

    /// <summary>All of them, each with the artifact that it is.</summary>
    internal static IReadOnlyList<(string Path, string Artifact)> All { get; } =
        [(Html, Html), (Markdown, MarkdownReport.FileName), (Json, JsonReport.FileName)];
}
