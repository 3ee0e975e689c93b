using System.Text.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.KernelCache;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Handlers.Kernelcache;

/// <summary>Two Info.plists of a kext, key by key; what the cache's builder added is left out.</summary>
internal static class KextInfoComparison
{
    // Deeper values are compared as a whole; the Info.plists of kexts have about six levels.
    private const int MaxDepth = 16;

    public static IReadOnlyList<ValueChange> Compare(KextInfo? old, KextInfo? @new)
    {
        var changes = new List<ValueChange>();
        if (!ReferenceEquals(old, @new))
        {
            Compare(Own(old), Own(@new), [], changes);
        }

        return changes;
    }

    private static PlistDictionary Own(KextInfo? info) => info is null
        ? PlistDictionary.Empty
        : new PlistDictionary(info.Properties.Where(property => !KextInfo.IsBuilderKey(property.Key)));

    private static void Compare(PlistDictionary old, PlistDictionary @new, string[] path, List<ValueChange> changes)
    {
        foreach (var key in old.Keys.Union(@new.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string[] inner = [.. path, key];
            var (before, after) = (old.Find(key), @new.Find(key));
            if (before is PlistDictionary x && after is PlistDictionary y && inner.Length < MaxDepth)
            {
                Compare(x, y, inner, changes);
            }
            else if (!Equals(before, after))
            {
                changes.Add(new ValueChange(inner, Json(before), Json(after)));
            }
        }
    }

    private static JsonElement? Json(PlistValue? value)
    {
        if (value is null)
        {
            return null;
        }

        var text = PlistJson.ToText(value);
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth * 2 });
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Nested deeper than readers of the report take: the text itself.
            return JsonSerializer.SerializeToElement(text, ResultsJson.Readable.String);
        }
    }
}
