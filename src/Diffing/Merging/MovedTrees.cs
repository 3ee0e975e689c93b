using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// Directories that one side lost and the other gained with the same tree below: the same names, kinds, modes, targets and contents.
/// Each is one item; what lies in it is told no more. Of a tree nothing is held but its path and a hash.
/// </summary>
internal sealed class MovedTrees
{
    private readonly HashSet<(string? Volume, string Path)> _origins = [];
    private readonly HashSet<(string? Volume, string Path)> _targets = [];
    private readonly List<ReportItem> _items = [];

    /// <summary>The moved directories.</summary>
    public IReadOnlyList<ReportItem> Items => _items;

    /// <summary>How many items of each side they stand for, themselves included.</summary>
    public long Entries { get; private set; }

    /// <summary>Matches the directories of both sides; each stream is in the order of paths, volume by volume.</summary>
    public static async Task<MovedTrees> FindAsync(IAsyncEnumerable<ReportItem> removed, IAsyncEnumerable<ReportItem> added)
    {
        var moved = new MovedTrees();
        var from = await TreeScan.ScanAsync(removed).ConfigureAwait(false);
        if (from.Count == 0)
        {
            return moved;
        }

        var to = await TreeScan.ScanAsync(added).ConfigureAwait(false);
        moved.Match(from, to);
        return moved;
    }

    /// <summary>Whether an item of the old side is or lies in a directory that moved.</summary>
    public bool HasOrigin(ReportItem item) => Holds(_origins, item.Volume, item.Path);

    /// <summary>Whether an item of the new side is or lies in a directory that moved.</summary>
    public bool HasTarget(ReportItem item) => Holds(_targets, item.Volume, item.Path);

    private void Match(List<ScannedTree> removed, List<ScannedTree> added)
    {
        var origins = new Dictionary<UInt128, List<ScannedTree>>();
        foreach (var tree in removed.OrderBy(tree => tree.Item.Volume, StringComparer.Ordinal).ThenBy(tree => tree.Item.Path, PathOrder.Instance))
        {
            (origins.TryGetValue(tree.Hash, out var list) ? list : origins[tree.Hash] = []).Add(tree);
        }

        // Directories come before what is in them, so that the largest tree is found first.
        foreach (var tree in added.OrderBy(tree => tree.Item.Volume, StringComparer.Ordinal).ThenBy(tree => tree.Item.Path, PathOrder.Instance))
        {
            if (HasTarget(tree.Item) || !origins.TryGetValue(tree.Hash, out var candidates))
            {
                continue;
            }

            var name = NameOf(tree.Item.Path).ToString();
            var free = candidates.Where(candidate => !HasOrigin(candidate.Item)).ToArray();
            if ((free.FirstOrDefault(candidate => NameOf(candidate.Item.Path).Equals(name, StringComparison.Ordinal)) ?? free.FirstOrDefault()) is { } origin)
            {
                candidates.Remove(origin);
                Add(origin, tree);
            }
        }
    }

    private void Add(ScannedTree origin, ScannedTree target)
    {
        _origins.Add((origin.Item.Volume, origin.Item.Path));
        _targets.Add((target.Item.Volume, target.Item.Path));
        Entries += target.Entries + 1;
        var move = target.Item with
        {
            FromVolume = origin.Item.Volume,
            FromPath = origin.Item.Path,
            Proof = target.IsExact ? "content" : "names, sizes and ends of contents",
            Old = origin.Item.Old,
            Counts = new Dictionary<string, long>(StringComparer.Ordinal) { ["entries"] = target.Entries },
        };
        _items.Add(ItemSignal.Classified(ItemClasses.OfData, ItemGroup.Moved, move, null));
    }

    private static ReadOnlySpan<char> NameOf(string path) => path.AsSpan(path.LastIndexOf('/') + 1);

    private static bool Holds(HashSet<(string? Volume, string Path)> roots, string? volume, string path)
    {
        if (roots.Count == 0)
        {
            return false;
        }

        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (roots.Contains((volume, path[..end])))
            {
                return true;
            }
        }

        return false;
    }
}
