namespace IpswDiff.Diffing.Results;

/// <summary>One line of a shard's result: an item of a handler's section.</summary>
/// <param name="Handler">The handler that found it.</param>
/// <param name="Group">The group it belongs to.</param>
/// <param name="Item">The item.</param>
/// <param name="Fingerprint">
/// A hash of all that was found about the item, its place left aside: items of equal fingerprints tell the same. Null where no other place
/// can hold the same item.
/// </param>
internal sealed record ShardLine(string Handler, ItemGroup Group, ReportItem Item, string? Fingerprint = null);

/// <summary>The cdhashes of a binary that are not the same on both sides: what the merge names the entries of trust caches by.</summary>
/// <param name="Place">Where it lies.</param>
/// <param name="Old">Those the old side alone has, 40 lower-case hexadecimal digits each.</param>
/// <param name="New">Those the new side alone has.</param>
internal sealed record CdHashLine(BinaryPlace Place, IReadOnlyList<string> Old, IReadOnlyList<string> New);
