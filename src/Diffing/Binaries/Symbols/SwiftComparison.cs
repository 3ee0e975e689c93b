using System.Runtime.InteropServices;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.Swift;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>
/// The Swift types, protocols and conformances of two images. Both are read once as hashes, and what differs a second
/// time as text, so that nothing holds all the metadata of an image.
/// </summary>
internal static class SwiftComparison
{
    /// <summary>Compares the metadata of two images; null where nothing differs or there is none.</summary>
    /// <exception cref="FirmwareFormatException">
    /// The image's own tables are damaged; damaged metadata is said in the result.
    /// </exception>
    public static SwiftChanges? Compare(MachOImage old, MachOImage @new)
    {
        if (!SwiftMetadata.IsPresent(old) && !SwiftMetadata.IsPresent(@new))
        {
            return null;
        }

        try
        {
            return CompareReadable(old, @new);
        }
        catch (FirmwareFormatException fault)
        {
            // Metadata may be encrypted, or of a layout that is not known yet; the rest of the binary is compared.
            return new SwiftChanges { Unreadable = fault.Message };
        }
    }

    private static SwiftChanges? CompareReadable(MachOImage old, MachOImage @new)
    {
        var (before, after) = (SwiftSide.Open(old), SwiftSide.Open(@new));
        var (names, conformances) = (before.DifferingNames(after), before.DifferingConformances(after));
        if (names.Count + conformances.Count == 0)
        {
            return null;
        }

        var (removed, added) = (before.Pick(names), after.Pick(names));
        var pairs = PairByName(removed, added);
        var moves = SwiftMoves.TakeFrom(removed, added);
        var (lost, gained) = (before.PickConformances(conformances), after.PickConformances(conformances));
        SwiftMoves.Follow(moves, lost, gained);
        var methods = new SwiftMethodNames(old, @new, pairs);
        return new SwiftChanges
        {
            Added = OnlyIn(added),
            Removed = OnlyIn(removed),
            Moved = moves,
            Changed = [.. pairs.Select(pair => SwiftEntityComparison.Compare(pair.Old, pair.New, methods))
                .OrderBy(change => change.Name, StringComparer.Ordinal)],
            ConformancesAdded = Sorted(gained),
            ConformancesRemoved = Sorted(lost),
        };
    }

    /// <summary>
    /// Takes those that face each other out of both lists. Several of one name, as private types of two files may have,
    /// are the same where all of them is; the others face each other in their order.
    /// </summary>
    private static List<(SwiftEntityFacts Old, SwiftEntityFacts New)> PairByName(
        List<SwiftEntityFacts> removed, List<SwiftEntityFacts> added)
    {
        TakeEqual(removed, added);
        var partners = new Dictionary<(bool IsProtocol, string Name), Queue<SwiftEntityFacts>>();
        foreach (var entity in removed)
        {
            ref var queue = ref CollectionsMarshal.GetValueRefOrAddDefault(partners, SwiftSide.KeyOf(entity), out _);
            (queue ??= new Queue<SwiftEntityFacts>()).Enqueue(entity);
        }

        var pairs = new List<(SwiftEntityFacts Old, SwiftEntityFacts New)>();
        foreach (var entity in added)
        {
            if (partners.TryGetValue(SwiftSide.KeyOf(entity), out var left) && left.TryDequeue(out var partner))
            {
                pairs.Add((partner, entity));
            }
        }

        var paired = new HashSet<SwiftEntityFacts>(ReferenceEqualityComparer.Instance);
        paired.UnionWith(pairs.SelectMany(pair => new[] { pair.Old, pair.New }));
        removed.RemoveAll(paired.Contains);
        added.RemoveAll(paired.Contains);
        return pairs;
    }

    private static void TakeEqual(List<SwiftEntityFacts> removed, List<SwiftEntityFacts> added)
    {
        var known = new Dictionary<((bool IsProtocol, string Name) Key, UInt128 Hash), int>();
        foreach (var entity in removed)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(known, (SwiftSide.KeyOf(entity), entity.Hash()), out _)++;
        }

        var both = new Dictionary<((bool IsProtocol, string Name) Key, UInt128 Hash), int>();
        added.RemoveAll(entity => Take(known, entity)
            && ++CollectionsMarshal.GetValueRefOrAddDefault(both, (SwiftSide.KeyOf(entity), entity.Hash()), out _) > 0);
        removed.RemoveAll(entity => Take(both, entity));

        static bool Take(
            Dictionary<((bool IsProtocol, string Name) Key, UInt128 Hash), int> counts, SwiftEntityFacts entity)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(
                counts, (SwiftSide.KeyOf(entity), entity.Hash()));
            return !System.Runtime.CompilerServices.Unsafe.IsNullRef(ref count) && count-- > 0;
        }
    }

    private static SwiftEntity[] OnlyIn(List<SwiftEntityFacts> entities) =>
        [.. entities.Select(entity => entity.ToEntity())
        .OrderBy(entity => entity.Name, StringComparer.Ordinal).ThenBy(entity => entity.Kind, StringComparer.Ordinal)];

    private static SwiftConformanceUse[] Sorted(List<SwiftConformanceUse> conformances) => [.. conformances
        .OrderBy(one => one.Type, StringComparer.Ordinal).ThenBy(one => one.Protocol, StringComparer.Ordinal)
            .ThenBy(one => one.Where, StringComparer.Ordinal)];
}
