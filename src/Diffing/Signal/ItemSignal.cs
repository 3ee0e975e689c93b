using System.Numerics;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Signal;

/// <summary>
/// Classifies and scores one item, from its details where it has any. The score runs from 0 to 100 and depends on nothing but the
/// item: each class has a band, and within the band the amount of change counts by its logarithm, so that a larger number of one kind
/// never hides another kind.
/// </summary>
internal static class ItemSignal
{
    /// <summary>The bands: lowest score of each class, and the highest.</summary>
    public static IReadOnlyList<(ChangeClass Class, int Lowest, int Highest)> Bands { get; } =
    [
        (ChangeClass.Residue, 0, 4),
        (ChangeClass.Rebuilt, 5, 9),
        (ChangeClass.Moved, 10, 14),
        (ChangeClass.Data, 15, 39),
        (ChangeClass.Code, 40, 64),
        (ChangeClass.Interface, 65, 100),
    ];

    /// <summary>The item with its class and its score.</summary>
    /// <param name="classes">How the section it stands in classifies its items.</param>
    /// <param name="group">The group it stands in.</param>
    /// <param name="item">The item.</param>
    /// <param name="details">All that was found about it, or null.</param>
    public static ReportItem Classified(ItemClasses classes, ItemGroup group, ReportItem item, ItemDetails? details)
    {
        var (of, score) = Of(classes, group, item, details);
        return item with { Class = of, Score = score };
    }

    /// <summary>The class and the score of an item, or nulls for one that could not be read.</summary>
    /// <param name="classes">How the section it stands in classifies its items.</param>
    /// <param name="group">The group it stands in.</param>
    /// <param name="item">The item.</param>
    /// <param name="details">All that was found about it, or null.</param>
    public static (ChangeClass? Class, int? Score) Of(ItemClasses classes, ItemGroup group, ReportItem item, ItemDetails? details)
    {
        var tally = new ClassTally();
        switch (group)
        {
            case ItemGroup.Unreadable:
                return (null, null);
            case ItemGroup.Moved:
                tally.Add(ChangeClass.Moved);
                break;
            case ItemGroup.Rebuilt:
                tally.Add(ChangeClass.Rebuilt);
                break;
            default:
                foreach (var slice in details?.Slices ?? [])
                {
                    SliceSignal.Count(slice, tally);
                }

                CountRest(classes, group, item, details, tally);
                break;
        }

        return tally.Highest is { } highest ? (highest, Score(tally)) : (ChangeClass.Rebuilt, Bands[(int)ChangeClass.Rebuilt].Lowest);
    }

    /// <summary>The score of a tally: the band of its highest class, and in it the logarithm of the amount, in which a change of interface weighs four and one of code two.</summary>
    public static int Score(ClassTally tally)
    {
        var (_, lowest, highest) = Bands[(int)(tally.Highest ?? ChangeClass.Residue)];
        var amount = (4 * tally[ChangeClass.Interface]) + (2 * tally[ChangeClass.Code]) + tally[ChangeClass.Data];
        return Math.Min(highest, lowest + (2 * BitOperations.Log2((ulong)amount + 1)));
    }

    private static void CountRest(ItemClasses classes, ItemGroup group, ReportItem item, ItemDetails? details, ClassTally tally)
    {
        var of = classes.Of(group, item.Path);
        var amount = ValuesOf(details);
        if (amount > 0)
        {
            tally.Add(of, amount);
        }
        else if (details is null || details.Slices.Count == 0)
        {
            tally.Add(of, group is ItemGroup.Added or ItemGroup.Removed ? classes.WholeWeight : 1);
        }
    }

    private static long ValuesOf(ItemDetails? details) => details is null
        ? 0
        : details.Values.Count + (details.Strings is { } strings ? strings.Added.Count + strings.Removed.Count : 0) + (details.Definition is null ? 0 : 1);
}
