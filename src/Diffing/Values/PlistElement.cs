using System.Text.Json;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Values;

/// <summary>Property-list values as they stand in results.</summary>
internal static class PlistElement
{
    // Readers of JSON stop at 64 levels by default, and a result nests around its values.
    private const int DeepestLevel = 32;

    /// <summary>A value as JSON; one that nests deeper than readers of results go is the text of its JSON.</summary>
    public static JsonElement? Of(PlistValue? value)
    {
        if (value is null)
        {
            return null;
        }

        var json = PlistJson.ToText(value);
        if (IsDeeper(value, DeepestLevel))
        {
            json = PlistJson.ToText(new PlistString(json));
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static bool IsDeeper(PlistValue value, int levels) => value switch
    {
        PlistDictionary dictionary => levels == 0 || dictionary.Values.Any(inner => IsDeeper(inner, levels - 1)),
        PlistArray array => levels == 0 || array.Any(inner => IsDeeper(inner, levels - 1)),
        _ => false,
    };
}
