using System.Text;
using System.Text.Json;
using IpswDiff.Diffing.Handlers.Firmware;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// Keys whose values differ, as lines of a diff: <c>key = value</c> with the parts of a key path separated by <c>/</c> (<c>\/</c> inside a part)
/// and values as JSON; behind a cdhash stand the binaries it is of. Of an array that both sides have only the elements that came and went are told.
/// </summary>
internal static class ValueChangeText
{
    /// <summary>The part of a page: an empty line and a fenced block; nothing without changes.</summary>
    public static string Block(IReadOnlyList<ValueChange> changes)
    {
        if (changes.Count == 0)
        {
            return string.Empty;
        }

        var body = Lines(changes);
        var fence = MarkdownText.Fence(body);
        return $"\n{fence}diff\n{body}{fence}\n";
    }

    /// <summary>The lines alone.</summary>
    public static string Lines(IReadOnlyList<ValueChange> changes)
    {
        var text = new StringBuilder();
        foreach (var change in changes)
        {
            var key = change.Key.Count == 0 ? "(the whole value)" : string.Join('/', change.Key.Select(Part)) + OwnersOf(change);
            if (change is { Old: { ValueKind: JsonValueKind.Array } old, New: { ValueKind: JsonValueKind.Array } @new })
            {
                AppendElements(text, key, old, @new);
                continue;
            }

            Append(text, '-', key, change.Old);
            Append(text, '+', key, change.New);
        }

        return text.ToString();
    }

    private static string OwnersOf(ValueChange change) => change.Owners is { Count: > 0 } owners
        ? $" ({string.Join(", ", owners.Select(owner => MarkdownText.Visible($"{owner.Volume}: {owner.Path}")))})"
        : string.Empty;

    private static void Append(StringBuilder text, char sign, string key, JsonElement? value)
    {
        if (value is { } element)
        {
            text.Append(sign).Append(key).Append(" = ").Append(Json(element)).Append('\n');
        }
    }

    private static void AppendElements(StringBuilder text, string key, JsonElement old, JsonElement @new)
    {
        var before = old.EnumerateArray().Select(Json).ToArray();
        var after = @new.EnumerateArray().Select(Json).ToArray();
        var removed = Without(before, after);
        var added = Without(after, before);
        if (removed.Count == 0 && added.Count == 0)
        {
            Append(text, '-', key, old);
            Append(text, '+', key, @new);
            return;
        }

        text.Append(' ').Append(key).Append(" =\n");
        removed.ForEach(element => text.Append("-    ").Append(element).Append('\n'));
        added.ForEach(element => text.Append("+    ").Append(element).Append('\n'));
    }

    // As bags: an element that stands twice on one side and once on the other came or went once.
    private static List<string> Without(string[] elements, string[] others)
    {
        var left = others.CountBy(other => other, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var rest = new List<string>();
        foreach (var element in elements)
        {
            if (left.GetValueOrDefault(element) is > 0 and var count)
            {
                left[element] = count - 1;
            }
            else
            {
                rest.Add(element);
            }
        }

        return rest;
    }

    // A separator inside a key would be read as one between keys.
    private static string Part(string key) => key.AsSpan().IndexOfAny('/', '\\') < 0
        ? MarkdownText.Visible(key)
        : MarkdownText.Visible(key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("/", "\\/", StringComparison.Ordinal));

    private static string Json(JsonElement element) => MarkdownText.Visible(element.GetRawText());
}
