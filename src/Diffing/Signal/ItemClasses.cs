using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Signal;

/// <summary>How the items of a section are classified where details of slices say nothing of them.</summary>
/// <param name="Changed">The class of an item that both sides have.</param>
/// <param name="Whole">The class of an item that came or went.</param>
public sealed record ItemClasses(ChangeClass Changed, ChangeClass Whole)
{
    /// <summary>Everything is data.</summary>
    public static ItemClasses OfData { get; } = new(ChangeClass.Data, ChangeClass.Data);

    /// <summary>Everything is interface, and what came or went as a whole counts as several changes.</summary>
    public static ItemClasses OfInterface { get; } = new(ChangeClass.Interface, ChangeClass.Interface) { WholeWeight = WholeBinary };

    /// <summary>A binary that came or went is a change of interface that counts as several; of one that changed, the rest is data.</summary>
    public static ItemClasses OfBinaries { get; } = new(ChangeClass.Data, ChangeClass.Interface) { WholeWeight = WholeBinary };

    private const long WholeBinary = 8;

    /// <summary>As how many changes an item counts that came or went and has no details.</summary>
    public long WholeWeight { get; init; } = 1;

    /// <summary>The class by an item's path, where that decides; else null.</summary>
    public Func<string, ChangeClass>? OfPath { get; init; }

    /// <summary>The class of an item.</summary>
    public ChangeClass Of(ItemGroup group, string path) =>
        OfPath is { } byPath ? byPath(path) : group is ItemGroup.Added or ItemGroup.Removed ? Whole : Changed;
}
