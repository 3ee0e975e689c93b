using System.Text.Json.Serialization;

namespace IpswDiff.Diffing.Storage;

/// <summary>The JSON form of the catalogue's records, source-generated.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(FirmwareRecord))]
[JsonSerializable(typeof(ActivityRecord))]
public sealed partial class CatalogJson : JsonSerializerContext;
