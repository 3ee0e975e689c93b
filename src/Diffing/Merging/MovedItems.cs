using System.Globalization;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// Items that only changed their path: one removed and one added item with the same content, or else the same cdhashes, or else
/// the same UUIDs. Each item takes part in one move at most; the strongest proof goes first.
/// </summary>
internal sealed class MovedItems
{
    // Both sides are held while they are matched; beyond this a release is not told by its moves any more.
    private const int MaxItems = 1 << 16;

    private readonly HashSet<(string? Volume, string Path)> _origins = [];
    private readonly HashSet<(string? Volume, string Path)> _targets = [];
    private readonly List<ReportItem> _items = [];

    public IReadOnlyList<ReportItem> Items => _items;

    /// <summary>The order of moved items in the report: by where they are now.</summary>
    public static IComparer<ReportItem> Order { get; } = Comparer<ReportItem>.Create((x, y) => string.CompareOrdinal(x.Volume, y.Volume) is var volumes && volumes != 0
        ? volumes
        : Formats.FileSystems.PathOrder.Compare(x.Path, y.Path));

    public static async Task<MovedItems> FindAsync(IAsyncEnumerable<ReportItem> removed, IAsyncEnumerable<ReportItem> added)
    {
        var moved = new MovedItems();
        var from = await removed.Where(CanMove).Take(MaxItems).ToListAsync().ConfigureAwait(false);
        var to = await added.Where(CanMove).Take(MaxItems).ToListAsync().ConfigureAwait(false);
        moved.Match(from, to, "content", item => item.Identity?.Content);
        moved.Match(from, to, "cdhash", item => Joined(item.Identity?.CdHashes));
        moved.Match(from, to, "uuid", item => Joined(item.Identity?.Uuids));

        // Of many files with the same contents those that kept their name belong together first.
        moved.Match(from, to, "content", item => FactsOf(item) is { } facts ? $"{facts} {item.Path[(item.Path.LastIndexOf('/') + 1)..]}" : null);
        moved.Match(from, to, "content", FactsOf);
        return moved;
    }

    public bool HasOrigin(ReportItem item) => _origins.Contains((item.Volume, item.Path));

    public bool HasTarget(ReportItem item) => _targets.Contains((item.Volume, item.Path));

    private void Match(List<ReportItem> removed, List<ReportItem> added, string proof, Func<ReportItem, string?> key)
    {
        var origins = new Dictionary<string, Queue<ReportItem>>(StringComparer.Ordinal);
        foreach (var item in removed)
        {
            if (key(item) is { } identity && !HasOrigin(item))
            {
                (origins.TryGetValue(identity, out var queue) ? queue : origins[identity] = new Queue<ReportItem>()).Enqueue(item);
            }
        }

        foreach (var item in added)
        {
            if (key(item) is { } identity && !HasTarget(item)
                && origins.TryGetValue(identity, out var queue) && queue.TryDequeue(out var origin))
            {
                _origins.Add((origin.Volume, origin.Path));
                _targets.Add((item.Volume, item.Path));
                var move = item with { FromVolume = origin.Volume, FromPath = origin.Path, Proof = proof, Identity = null, Old = origin.Old, Details = null };
                _items.Add(ItemSignal.Classified(ItemClasses.OfData, ItemGroup.Moved, move, null));
            }
        }
    }

    // What a single file is known by: a hash that was kept for it, and its mode, so that no change of it is lost. Hashes that are made
    // for the sake of directories are not kept for every file, and a list that has some moves in it and not others misleads.
    private static string? FactsOf(ReportItem item) =>
        (item.Old ?? item.New) is { Size: > 0, Content: { } content } facts
            && !content.StartsWith(FileFacts.EndsPrefix, StringComparison.Ordinal) && !content.StartsWith(FileFacts.ReadPrefix, StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"{facts.Size} {facts.Mode} {content}")
            : null;

    private static bool CanMove(ReportItem item) => item.Identity is not null || FactsOf(item) is not null;

    // A binary without an identity in one of its slices has none as a whole.
    private static string? Joined(IReadOnlyList<string>? parts) =>
        parts is null || parts.Count == 0 || parts.Any(string.IsNullOrEmpty) ? null : string.Join(' ', parts);
}
