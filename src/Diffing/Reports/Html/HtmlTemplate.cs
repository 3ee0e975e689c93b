using System.Net;
using System.Security.Cryptography;
using System.Text;
using IpswDiff.Diffing.Reports.Markdown;

namespace IpswDiff.Diffing.Reports.Html;

/// <summary>
/// The page around the data: markup, style and script are resources of this library. The policy lets exactly this style and this
/// script take effect, by their SHA-256, and nothing be loaded from anywhere.
/// </summary>
internal static class HtmlTemplate
{
    private const string DataMark = "{{data}}";

    private static readonly string Style = Read("report.css");
    // One scope for all parts, and nothing of theirs outside it.
    private static readonly string Script = $"\"use strict\";\n(() => {{\n{Read("report.charts.js")}{Read("report.details.js")}{Read("report.js")}}})();\n";
    private static readonly string Page = Read("report.html");

    /// <summary>The Content-Security-Policy of the page.</summary>
    public static string Policy { get; } =
        $"default-src 'none'; script-src '{Digest(Script)}'; style-src '{Digest(Style)}'; base-uri 'none'; form-action 'none'";

    /// <summary>What stands before the data.</summary>
    /// <param name="title">The page's title, of any characters.</param>
    public static string Before(string title) => Page[..Page.IndexOf(DataMark, StringComparison.Ordinal)]
        .Replace("{{policy}}", Policy, StringComparison.Ordinal)
        .Replace("{{style}}", Style, StringComparison.Ordinal)
        .Replace("{{title}}", WebUtility.HtmlEncode(MarkdownText.Visible(title)), StringComparison.Ordinal);

    /// <summary>What stands after the data.</summary>
    public static string After() => Page[(Page.IndexOf(DataMark, StringComparison.Ordinal) + DataMark.Length)..]
        .Replace("{{script}}", Script, StringComparison.Ordinal);

    private static string Digest(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    // Parsers of HTML turn CR LF into LF before anything is hashed.
    private static string Read(string name)
    {
        using var stream = typeof(HtmlTemplate).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the library was built without its resource {name}");
        using var text = new StreamReader(stream, Encoding.UTF8);
        return text.ReadToEnd().ReplaceLineEndings("\n");
    }
}
