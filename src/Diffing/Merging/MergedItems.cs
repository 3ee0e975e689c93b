using System.Runtime.CompilerServices;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Merging;

/// <summary>The items of a report, streamed from the results of its shards in the order of the report.</summary>
public sealed class MergedItems : IReportItems
{
    private readonly IArtifactStore _work;
    private readonly IReadOnlyList<ShardResult> _shards;
    private readonly Dictionary<string, MovedItems> _moves;
    private readonly Dictionary<string, MovedTrees> _trees = new(StringComparer.Ordinal);

    private MergedItems(IArtifactStore work, IReadOnlyList<ShardResult> shards, Dictionary<string, MovedItems> moves)
    {
        _work = work;
        _shards = shards;
        _moves = moves;
    }

    /// <summary>Merges shards; for the handlers named in <paramref name="movable"/>, items of one side each are matched by identity.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public static async Task<MergedItems> CreateAsync(
        IArtifactStore work, IReadOnlyList<ShardResult> shards, IEnumerable<string> movable, CancellationToken cancellationToken)
    {
        var ordered = shards.OrderBy(result => result.Shard.Number).ToArray();
        var items = new MergedItems(work, ordered, []);
        foreach (var handler in movable)
        {
            var trees = await MovedTrees.FindAsync(
                items.RawAsync(handler, ItemGroup.Removed, cancellationToken),
                items.RawAsync(handler, ItemGroup.Added, cancellationToken)).ConfigureAwait(false);
            var moved = await MovedItems.FindAsync(
                items.RawAsync(handler, ItemGroup.Removed, cancellationToken).Where(item => !trees.HasOrigin(item)),
                items.RawAsync(handler, ItemGroup.Added, cancellationToken).Where(item => !trees.HasTarget(item))).ConfigureAwait(false);
            items._trees.Add(handler, trees);
            items._moves.Add(handler, moved);
        }

        return items;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, CancellationToken cancellationToken)
    {
        if (!_moves.TryGetValue(handler, out var moved))
        {
            return RawAsync(handler, group, cancellationToken);
        }

        var trees = _trees[handler];
        return group switch
        {
            ItemGroup.Moved => trees.Items.Concat(moved.Items).Order(MovedItems.Order).ToAsyncEnumerable(),
            ItemGroup.Added => RawAsync(handler, group, cancellationToken).Where(item => !trees.HasTarget(item) && !moved.HasTarget(item)),
            ItemGroup.Removed => RawAsync(handler, group, cancellationToken).Where(item => !trees.HasOrigin(item) && !moved.HasOrigin(item)),
            _ => RawAsync(handler, group, cancellationToken),
        };
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<ItemGroup, long> Count(string handler)
    {
        var counts = new Dictionary<ItemGroup, long>();
        foreach (var shard in _shards)
        {
            foreach (var (group, count) in shard.Counts.GetValueOrDefault(handler) ?? new Dictionary<ItemGroup, long>())
            {
                counts[group] = counts.GetValueOrDefault(group) + count;
            }
        }

        if (_moves.TryGetValue(handler, out var moved) && moved.Items.Count + _trees[handler].Items.Count > 0)
        {
            var trees = _trees[handler];
            counts[ItemGroup.Moved] = moved.Items.Count + trees.Items.Count;
            counts[ItemGroup.Added] -= moved.Items.Count + trees.Entries;
            counts[ItemGroup.Removed] -= moved.Items.Count + trees.Entries;
        }

        return counts;
    }

    private async IAsyncEnumerable<ReportItem> RawAsync(
        string handler, ItemGroup group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shards = _shards.Where(shard => shard.Counts.GetValueOrDefault(handler)?.GetValueOrDefault(group) > 0).ToArray();
        for (var (i, end) = (0, 0); i < shards.Length; i = end)
        {
            end = i + 1;
            while (end < shards.Length && shards[i].Shard.IsInterleavedWith(shards[end].Shard))
            {
                end++;
            }

            var items = end - i == 1
                ? ReadShardAsync(shards[i], handler, group, cancellationToken)
                : InterleavedItems.MergeAsync([.. shards[i..end].Select(shard => ReadShardAsync(shard, handler, group, cancellationToken))], cancellationToken);
            await foreach (var item in items.ConfigureAwait(false))
            {
                yield return item;
            }
        }
    }

    private IAsyncEnumerable<ReportItem> ReadShardAsync(ShardResult shard, string handler, ItemGroup group, CancellationToken cancellationToken) =>
        _work.ReadJsonLinesAsync(ArtifactNames.ForShard(shard.Shard.Number), ResultsJson.Readable.ShardLine, cancellationToken)
            .Where(found => found.Handler == handler && found.Group == group)
            .Select(found => found.Item);
}
