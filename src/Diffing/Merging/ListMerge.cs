using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// Makes the lists of a report from the results of its shards, once: every shard is read once, what moved is matched once, and all lists
/// are one artifact, from which renderers read each of them by itself.
/// </summary>
internal static class ListMerge
{
    /// <summary>Writes the lists, unless an earlier attempt has, and opens them.</summary>
    /// <param name="work">The run's artifacts.</param>
    /// <param name="shards">The results there are.</param>
    /// <param name="splits">Places that hold the same thing for different boards.</param>
    /// <param name="sections">The sections, in the order of the report.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="IOException">Storage failed.</exception>
    public static async Task<MergedLists> RunAsync(
        IArtifactStore work,
        IReadOnlyList<ShardResult> shards,
        IReadOnlyList<SplitPlace> splits,
        IReadOnlyList<SectionDescriptor> sections,
        CancellationToken cancellationToken)
    {
        if (!await work.ExistsAsync(ArtifactNames.Lists, cancellationToken).ConfigureAwait(false))
        {
            using var found = await FoundLists.ReadAsync(work, shards, splits, cancellationToken).ConfigureAwait(false);
            var moves = new Dictionary<string, Moves>(StringComparer.Ordinal);
            foreach (var section in sections.Where(section => section.RecognisesMoves))
            {
                moves.Add(section.Id, await Moves.FindAsync(found, section.Id, cancellationToken).ConfigureAwait(false));
            }

            await work.TryCreateAsync(
                ArtifactNames.Lists,
                async (stream, token) =>
                {
                    var writer = new ListWriter(stream);
                    foreach (var section in sections)
                    {
                        foreach (var group in ItemGroups.InOrder)
                        {
                            var items = moves.TryGetValue(section.Id, out var moved)
                                ? moved.ReadAsync(found, section.Id, group, token)
                                : found.ReadAsync(section.Id, group, token);
                            await writer.WriteAsync(section.Id, group, items, token).ConfigureAwait(false);
                        }
                    }

                    await writer.FinishAsync(token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }

        return await MergedLists.OpenAsync(work, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What of a section is the same thing under another path.</summary>
    private sealed record Moves(MovedTrees Trees, MovedItems Items)
    {
        public static async Task<Moves> FindAsync(FoundLists found, string handler, CancellationToken cancellationToken)
        {
            var trees = await MovedTrees.FindAsync(
                found.ReadAsync(handler, ItemGroup.Removed, cancellationToken),
                found.ReadAsync(handler, ItemGroup.Added, cancellationToken)).ConfigureAwait(false);
            var items = await MovedItems.FindAsync(
                found.ReadAsync(handler, ItemGroup.Removed, cancellationToken).Where(item => !trees.HasOrigin(item)),
                found.ReadAsync(handler, ItemGroup.Added, cancellationToken).Where(item => !trees.HasTarget(item))).ConfigureAwait(false);
            return new Moves(trees, items);
        }

        public IAsyncEnumerable<ReportItem> ReadAsync(FoundLists found, string handler, ItemGroup group, CancellationToken cancellationToken) => group switch
        {
            ItemGroup.Moved => Trees.Items.Concat(Items.Items).Order(MovedItems.Order).ToAsyncEnumerable(),
            ItemGroup.Added => found.ReadAsync(handler, group, cancellationToken)
                .Where(item => !Trees.HasTarget(item) && !Items.HasTarget(item)),
            ItemGroup.Removed => found.ReadAsync(handler, group, cancellationToken)
                .Where(item => !Trees.HasOrigin(item) && !Items.HasOrigin(item)),
            _ => found.ReadAsync(handler, group, cancellationToken),
        };
    }
}
