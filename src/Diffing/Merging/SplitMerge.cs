using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// Tells what several places for different boards have in common once. All places are walked at the same time, in the order of paths: an
/// item that is the same in all of them goes to the place they share, one that is the same in some stands at the first of those with their
/// boards, and any other stands where it was found. Of each place one item is held.
/// </summary>
internal static class SplitMerge
{
    /// <summary>Merges the lists of the parts of a split place into one list for each place, the shared one first.</summary>
    /// <param name="split">The places.</param>
    /// <param name="parts">The list of each part, in the order of the split.</param>
    /// <param name="add">Takes an item and the index of the part it stands at; -1 for the shared place.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="IOException">Reading items failed.</exception>
    public static async Task RunAsync(
        SplitPlace split, IReadOnlyList<SpilledLines?> parts, Action<int, ReportItem> add, CancellationToken cancellationToken)
    {
        var readers = parts.Select(part => (part is null ? AsyncEnumerable.Empty<ShardLine>() : part.ReadAsync(cancellationToken)).GetAsyncEnumerator(cancellationToken)).ToArray();
        try
        {
            var heads = new ShardLine?[readers.Length];
            for (var i = 0; i < readers.Length; i++)
            {
                heads[i] = await NextAsync(readers[i]).ConfigureAwait(false);
            }

            while (heads.OfType<ShardLine>().MinBy(line => line.Item.Path, PathOrder.Instance) is { } first)
            {
                var here = heads.Index().Where(head => head.Item?.Item.Path == first.Item.Path).ToArray();
                foreach (var alike in here.GroupBy(head => head.Item!.Fingerprint, StringComparer.Ordinal))
                {
                    Add(split, [.. alike.Select(head => head.Index)], alike.First().Item!.Item, add);
                }

                foreach (var (index, _) in here)
                {
                    heads[index] = await NextAsync(readers[index]).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            foreach (var reader in readers)
            {
                await reader.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static void Add(SplitPlace split, int[] at, ReportItem item, Action<int, ReportItem> add)
    {
        if (at.Length == split.Parts.Count)
        {
            add(-1, item with { Volume = split.Shared });
            return;
        }

        string[] boards = [.. at.SelectMany(index => split.Parts[index].Boards).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)];
        add(at[0], item with { Volume = split.Parts[at[0]].Label, Boards = boards.Length == 0 ? null : boards });
    }

    private static async ValueTask<ShardLine?> NextAsync(IAsyncEnumerator<ShardLine> lines) =>
        await lines.MoveNextAsync().ConfigureAwait(false) ? lines.Current : null;
}
