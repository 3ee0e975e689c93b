namespace IpswDiff.Diffing.Results;

/// <summary>The groups of a section's items.</summary>
internal static class ItemGroups
{
    /// <summary>All of them, in the order in which every report lists them.</summary>
    public static IReadOnlyList<ItemGroup> InOrder { get; } = Enum.GetValues<ItemGroup>();
}
