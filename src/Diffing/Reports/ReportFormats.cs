using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Reports.Html;
using IpswDiff.Diffing.Reports.Json;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports;

/// <summary>The formats that a report can be written in.</summary>
public static class ReportFormats
{
    /// <summary>Their names, as <c>--format</c> takes them.</summary>
    public static IReadOnlyList<string> Names { get; } = ["markdown", "html", "json"];

    /// <summary>The formats that are written where none is asked for.</summary>
    public static IReadOnlyList<string> Default { get; } = ["markdown", "json"];

    /// <summary>The names at which each of the formats begins, and the folder of details; what else there is depends on the report.</summary>
    public static IReadOnlyList<string> IndexNames(IReadOnlyList<string> formats) => [.. formats.SelectMany(format => format switch
    {
        "markdown" => (string[])[MarkdownReport.FileName],
        "html" => [HtmlReport.FileName],
        "json" => [JsonReport.FileName, ArtifactNames.ItemsFolder],
        _ => [],
    })];

    /// <summary>Writes a report in each of the formats; what an earlier attempt has written stays.</summary>
    /// <exception cref="ArgumentException">A format is none of <see cref="Names"/>.</exception>
    /// <exception cref="IOException">Reading items or writing failed.</exception>
    public static async Task WriteAsync(ReportContents report, IArtifactStore store, IReadOnlyList<string> formats, CancellationToken cancellationToken)
    {
        foreach (var format in formats)
        {
            await (format switch
            {
                "markdown" => MarkdownReport.WriteAsync(report, store, cancellationToken),
                "html" => HtmlReport.WriteAsync(report, store, cancellationToken),
                "json" => store.TryCreateAsync(JsonReport.FileName, (stream, token) => JsonReport.WriteAsync(report, stream, token), cancellationToken),
                _ => throw new ArgumentException($"there is no format '{format}'; there are {string.Join(", ", Names)}", nameof(formats)),
            }).ConfigureAwait(false);
        }
    }
}
