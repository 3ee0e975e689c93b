using System.Text.Json;
using System.Text.Json.Nodes;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Handlers.Firmware;

/// <summary>Plain values as they stand in results.</summary>
internal static class Json
{
    public static JsonElement Of(string text) => JsonSerializer.SerializeToElement(text, ResultsJson.Readable.String);

    public static JsonElement? OfOptional(string? text) => text is null ? null : Of(text);

    public static JsonElement Of(long number) => JsonSerializer.SerializeToElement(number, ResultsJson.Readable.Int64);

    public static JsonElement Of(ulong number) => JsonSerializer.SerializeToElement(number, ResultsJson.Readable.UInt64);

    public static JsonElement Of(IReadOnlyList<string> texts) => JsonSerializer.SerializeToElement(texts, ResultsJson.Readable.IReadOnlyListString);

    /// <summary>An object of these members.</summary>
    public static JsonElement Of(params (string Name, JsonElement Value)[] members)
    {
        var node = new JsonObject();
        foreach (var (name, value) in members)
        {
            node.Add(name, JsonValue.Create(value));
        }

        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }
}
