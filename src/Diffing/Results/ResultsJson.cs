using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IpswDiff.Diffing.Results;

/// <summary>The JSON form of results: source-generated, camel case, nulls and defaults left out where they say nothing.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(ulong))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(ToolInfo))]
[JsonSerializable(typeof(FirmwareInfo))]
[JsonSerializable(typeof(OptionsInfo))]
[JsonSerializable(typeof(RunInfo))]
[JsonSerializable(typeof(ReportItem))]
[JsonSerializable(typeof(ItemDetails))]
[JsonSerializable(typeof(ShardLine))]
[JsonSerializable(typeof(CdHashLine))]
[JsonSerializable(typeof(SectionFact))]
[JsonSerializable(typeof(ContainerInfo))]
internal sealed partial class ResultsJson : JsonSerializerContext
{
    /// <summary>The context every reader and writer of results uses: names in camel case, text as readable as JSON allows.</summary>
    public static ResultsJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new JsonStringEnumConverter<ItemGroup>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<ChangeClass>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<SectionState>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
        },
    });
}
