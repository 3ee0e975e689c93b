using System.Text.Json;
using System.Text.Json.Serialization;

namespace IpswDiff.Diffing.Options;

/// <summary>A budget in JSON: the limit and the number of workers, from which the rest follows.</summary>
internal sealed class MemoryBudgetJson : JsonConverter<MemoryBudget>
{
    private const string Limit = "limitBytes";
    private const string Workers = "parallelism";

    public override MemoryBudget Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty(Limit, out var limit) || !limit.TryGetInt64(out var bytes) || bytes < MemoryBudget.MinimumBytes
            || !document.RootElement.TryGetProperty(Workers, out var workers) || !workers.TryGetInt32(out var parallelism) || parallelism < 1)
        {
            throw new JsonException($"a budget is an object with {Limit}, at least {MemoryBudget.MinimumBytes}, and {Workers}, at least 1");
        }

        return MemoryBudget.Divide(bytes, parallelism);
    }

    public override void Write(Utf8JsonWriter writer, MemoryBudget value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber(Limit, value.LimitBytes);
        writer.WriteNumber(Workers, value.Parallelism);
        writer.WriteEndObject();
    }
}
