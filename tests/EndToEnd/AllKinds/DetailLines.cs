using System.Globalization;
using System.Text.Json;

namespace IpswDiff.EndToEnd.AllKinds;

/// <summary>The details of an item in the lines in which plants say what they must hold.</summary>
internal static class DetailLines
{
    public static IEnumerable<string> Of(JsonElement details)
    {
        foreach (var value in details.GetProperty("values").EnumerateArray())
        {
            yield return Forge.AllKinds.Plant.Value(string.Join('/', value.GetProperty("key").EnumerateArray().Select(part => part.GetString())), Plain(value, "old"), Plain(value, "new"));
        }

        foreach (var (sign, text) in Lists(details, "strings"))
        {
            yield return Forge.AllKinds.Plant.Text(sign, text.GetProperty("offset").GetInt64(), text.GetProperty("text").GetString()!);
        }

        foreach (var line in details.GetProperty("slices").EnumerateArray().SelectMany(OfSlice))
        {
            yield return line;
        }

        if (details.TryGetProperty("definition", out var definition))
        {
            foreach (var side in definition.EnumerateObject())
            {
                yield return $"{side.Name} definition {side.Value.GetString()}";
            }
        }
    }

    private static IEnumerable<string> OfSlice(JsonElement slice)
    {
        var arch = slice.GetProperty("arch").GetString();
        if (!slice.TryGetProperty("old", out var old) || !slice.TryGetProperty("new", out var @new))
        {
            yield return $"{(slice.TryGetProperty("old", out _) ? '-' : '+')} slice {arch}";
            yield break;
        }

        if (Platform(old) != Platform(@new))
        {
            yield return $"~ platform {Platform(old)} → {Platform(@new)}";
        }

        foreach (var section in slice.GetProperty("sameSizeSections").EnumerateArray().Where(section => !section.GetProperty("isCode").GetBoolean()))
        {
            yield return $"~ section {Name(section)}";
        }

        var (before, after) = (Names(old, "dylibs"), Names(@new, "dylibs"));
        foreach (var line in after.Except(before).Select(name => "+ dylib " + name).Concat(before.Except(after).Select(name => "- dylib " + name))
            .Concat(Lists(slice, "symbols").Select(entry => $"{entry.Sign} {Text(entry.Value, "kind")} {Name(entry.Value)}"))
            .Concat(Lists(slice, "cStrings").Select(entry => $"{entry.Sign} string {entry.Value.GetString()}"))
            .Concat(Lists(slice, "functions").Select(entry => $"{entry.Sign} function {Name(entry.Value)}"))
            .Concat(slice.TryGetProperty("objectiveC", out var classes) ? OfClasses(slice, classes) : []))
        {
            yield return line;
        }
    }

    private static IEnumerable<string> OfClasses(JsonElement slice, JsonElement classes) => Lists(slice, "objectiveC").Where(entry => entry.Sign != '~')
        .Select(entry => $"{entry.Sign} {Text(entry.Value, "kind")} {Name(entry.Value)}")
        .Concat(classes.GetProperty("changed").EnumerateArray().SelectMany(entity => Lists(entity, "methods").Where(entry => entry.Sign != '~')
            .Select(entry => $"{Name(entity)} {entry.Sign} {entry.Value.GetString()}")));

    private static IEnumerable<(char Sign, JsonElement Value)> Lists(JsonElement owner, string name)
    {
        if (!owner.TryGetProperty(name, out var lists))
        {
            yield break;
        }

        foreach (var (sign, list) in new[] { ('+', "added"), ('-', "removed"), ('~', "changed") })
        {
            foreach (var value in lists.TryGetProperty(list, out var values) ? values.EnumerateArray() : default)
            {
                yield return (sign, value);
            }
        }
    }

    private static string[] Names(JsonElement owner, string list) => [.. owner.GetProperty(list).EnumerateArray().Select(Name)];

    private static string Name(JsonElement element) => Text(element, "name")!;

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static string Platform(JsonElement side) => string.Join(' ', Text(side, "platform")?.ToLower(CultureInfo.InvariantCulture), Text(side, "minOs"), Text(side, "sdk"));

    private static string? Plain(JsonElement change, string side) =>
        !change.TryGetProperty(side, out var value) ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
}
