namespace IpswDiff.Diffing.Results;

/// <summary>One line of a shard's result: an item of a handler's section.</summary>
/// <param name="Handler">The handler that found it.</param>
/// <param name="Group">The group it belongs to.</param>
/// <param name="Item">The item.</param>
public sealed record ShardLine(string Handler, ItemGroup Group, ReportItem Item);
