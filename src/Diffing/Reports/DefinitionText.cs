using System.Text;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports;

/// <summary>A type's definition on a page: what changed in it, or the whole of one that is new or gone.</summary>
internal static class DefinitionText
{
    public static string Of(DefinitionChange change)
    {
        var body = change is { Old: { } old, New: { } @new }
            ? UnifiedDiff.Render(Lines(old), Lines(@new))
            : string.Concat(Lines(change.New ?? change.Old ?? string.Empty).Select(line => line + "\n"));
        var fence = Markdown.Fence(body);
        var language = change.Old is null || change.New is null ? "c" : "diff";
        return new StringBuilder().Append('\n').Append(fence).Append(language).Append('\n').Append(body).Append(fence).Append('\n').ToString();
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Select(Markdown.Exact)];
}
