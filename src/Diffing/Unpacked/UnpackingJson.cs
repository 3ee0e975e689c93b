using System.Text.Json;
using System.Text.Json.Serialization;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>The JSON form of what unpacking leaves; source-generated.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(UnpackedRange))]
[JsonSerializable(typeof(UnpackedVolumeRecord))]
[JsonSerializable(typeof(UnpackOutline))]
[JsonSerializable(typeof(RangeDamage))]
internal sealed partial class UnpackingJson : JsonSerializerContext
{
    /// <summary>The context every activity uses.</summary>
    public static UnpackingJson Compact { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter<PartState>(JsonNamingPolicy.CamelCase) },
    });
}

/// <summary>Why a range could not be unpacked.</summary>
/// <param name="Reason">One line.</param>
internal sealed record RangeDamage(string Reason);
