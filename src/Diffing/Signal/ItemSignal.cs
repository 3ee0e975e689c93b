using System.Numerics;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Signal;

/// <summary>
/// Classifies and scores one item, from its details where it has any. The score runs from 0 to 100 and depends on nothing but the
/// item: each class has a band, and within the band the amount of change counts by its logarithm, so that a larger number of one kind
/// never hides another kind.
/// </summary>
public static class ItemSignal
{
    // A whole binary that came or went counts as much as a few changes of its interface.
    private const long WholeBinary = 8;

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
    /// <param name="handler">The handler that found it.</param>
    /// <param name="group">The group it stands in.</param>
    /// <param name="item">The item.</param>
    /// <param name="details">All that was found about it, or null.</param>
    public static ReportItem Classified(string handler, ItemGroup group, ReportItem item, ItemDetails? details)
    {
        var (of, score) = Of(handler, group, item, details);
        return item with { Class = of, Score = score };
    }

    /// <summary>The class and the score of an item, or nulls for one that could not be read.</summary>
    /// <param name="handler">The handler that found it.</param>
    /// <param name="group">The group it stands in.</param>
    /// <param name="item">The item.</param>
    /// <param name="details">All that was found about it, or null.</param>
    public static (ChangeClass? Class, int? Score) Of(string handler, ItemGroup group, ReportItem item, ItemDetails? details)
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

                CountRest(handler, group, item, details, tally);
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

    private static void CountRest(string handler, ItemGroup group, ReportItem item, ItemDetails? details, ClassTally tally)
    {
        var isWhole = group is ItemGroup.Added or ItemGroup.Removed;
        var of = handler switch
        {
            "MachO" or "SharedCache" or "Kernelcache" => isWhole ? ChangeClass.Interface : ChangeClass.Data,
            "Entitlements" or "Launchd" or "Kdk" => ChangeClass.Interface,
            "Files" => OfFile(item.Path),
            _ => ChangeClass.Data,
        };
        var amount = ValuesOf(details);
        if (amount > 0)
        {
            tally.Add(of, amount);
        }
        else if (details is null || details.Slices.Count == 0)
        {
            tally.Add(of, isWhole && of == ChangeClass.Interface && handler != "Files" ? WholeBinary : 1);
        }
    }

    private static long ValuesOf(ItemDetails? details) => details is null
        ? 0
        : details.Values.Count + (details.Strings is { } strings ? strings.Added.Count + strings.Removed.Count : 0) + (details.Definition is null ? 0 : 1);

    private static ChangeClass OfFile(string path) =>
        path.Contains("/LaunchDaemons/", StringComparison.Ordinal) || path.Contains("/LaunchAgents/", StringComparison.Ordinal) ? ChangeClass.Interface
        : path.Contains("/_CodeSignature/", StringComparison.Ordinal) ? ChangeClass.Rebuilt
        : ChangeClass.Data;
}
