using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;

namespace IpswDiff.Diffing.Workflow.Messages;

/// <summary>
/// The JSON form of everything that activities are given, return and leave for each other; source-generated.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DiffRequest))]
[JsonSerializable(typeof(RunReference))]
[JsonSerializable(typeof(PlanOutcome))]
[JsonSerializable(typeof(RequestOutcome))]
[JsonSerializable(typeof(SideReference))]
[JsonSerializable(typeof(OutlineOutcome))]
[JsonSerializable(typeof(UnpackRow))]
[JsonSerializable(typeof(RangeReference))]
[JsonSerializable(typeof(SealInput))]
[JsonSerializable(typeof(ShardRow))]
[JsonSerializable(typeof(ShardReference))]
[JsonSerializable(typeof(ShardOutcome))]
[JsonSerializable(typeof(RowOutcome))]
[JsonSerializable(typeof(MergeInput))]
[JsonSerializable(typeof(RunOutcome))]
[JsonSerializable(typeof(DiffProgress))]
[JsonSerializable(typeof(DiffPlan))]
[JsonSerializable(typeof(ShardResult))]
[JsonSerializable(typeof(Report))]
public sealed partial class WorkflowJson : JsonSerializerContext
{
    /// <summary>The context every engine uses.</summary>
    public static WorkflowJson Compact { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<ItemGroup>(), new JsonStringEnumConverter<SectionState>(), new JsonStringEnumConverter<PassKind>(), new JsonStringEnumConverter<FirmwareSide>() },
    });
}
