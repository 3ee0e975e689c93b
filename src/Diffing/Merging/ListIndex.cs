using System.Text.Json;
using System.Text.Json.Serialization;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Merging;

/// <summary>What lies where in the artifact of a report's lists.</summary>
/// <param name="Runs">The runs, in the order of the report.</param>
/// <param name="Top">The items with the highest scores, best first.</param>
internal sealed record ListIndex(IReadOnlyList<ListRun> Runs, IReadOnlyList<TopItem> Top)
{
    /// <summary>How many items <see cref="Top"/> has at most; where it has fewer it has all.</summary>
    public const int MostTop = 100;
}

/// <summary>Items of one list that lie on one volume, next to each other in the report: one stream of gzip, a line of JSON an item.</summary>
/// <param name="Handler">The section.</param>
/// <param name="Group">The group there.</param>
/// <param name="Volume">The volume, or null.</param>
/// <param name="Offset">Where the stream begins.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Count">How many items there are.</param>
internal sealed record ListRun(string Handler, ItemGroup Group, string? Volume, long Offset, long Length, long Count);

/// <summary>The JSON form of the index.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ListIndex))]
internal sealed partial class ListIndexJson : JsonSerializerContext;
