using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// Binaries that only changed their path: one removed and one added item with the same content, or else the same cdhashes, or else
/// the same UUIDs. Each item takes part in one move at most; the strongest proof goes first.
/// </summary>
internal sealed class MovedItems
{
    private readonly HashSet<(string? Volume, string Path)> _origins = [];
    private readonly HashSet<(string? Volume, string Path)> _targets = [];
    private readonly List<ReportItem> _items = [];

    public IReadOnlyList<ReportItem> Items => _items;

    public static async Task<MovedItems> FindAsync(IAsyncEnumerable<ReportItem> removed, IAsyncEnumerable<ReportItem> added)
    {
        var moved = new MovedItems();
        var from = await removed.Where(item => item.Identity is not null).ToListAsync().ConfigureAwait(false);
        var to = await added.Where(item => item.Identity is not null).ToListAsync().ConfigureAwait(false);
        moved.Match(from, to, "content", identity => identity.Content);
        moved.Match(from, to, "cdhash", identity => Joined(identity.CdHashes));
        moved.Match(from, to, "uuid", identity => Joined(identity.Uuids));
        moved._items.Sort((x, y) => string.CompareOrdinal(x.Volume, y.Volume) is var volumes && volumes != 0
            ? volumes
            : Formats.FileSystems.PathOrder.Compare(x.Path, y.Path));
        return moved;
    }

    public bool HasOrigin(ReportItem item) => _origins.Contains((item.Volume, item.Path));

    public bool HasTarget(ReportItem item) => _targets.Contains((item.Volume, item.Path));

    private void Match(List<ReportItem> removed, List<ReportItem> added, string proof, Func<BinaryIdentity, string?> key)
    {
        var origins = new Dictionary<string, Queue<ReportItem>>(StringComparer.Ordinal);
        foreach (var item in removed)
        {
            if (key(item.Identity!) is { } identity && !HasOrigin(item))
            {
                (origins.TryGetValue(identity, out var queue) ? queue : origins[identity] = new Queue<ReportItem>()).Enqueue(item);
            }
        }

        foreach (var item in added)
        {
            if (key(item.Identity!) is { } identity && !HasTarget(item)
                && origins.TryGetValue(identity, out var queue) && queue.TryDequeue(out var origin))
            {
                _origins.Add((origin.Volume, origin.Path));
                _targets.Add((item.Volume, item.Path));
                var move = item with { FromVolume = origin.Volume, FromPath = origin.Path, Proof = proof, Identity = null };
                _items.Add(ItemSignal.Classified(string.Empty, ItemGroup.Moved, move, null));
            }
        }
    }

    // A binary without an identity in one of its slices has none as a whole.
    private static string? Joined(IReadOnlyList<string> parts) =>
        parts.Count == 0 || parts.Any(string.IsNullOrEmpty) ? null : string.Join(' ', parts);
}
