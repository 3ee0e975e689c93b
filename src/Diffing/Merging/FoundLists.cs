using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// What all shards found, by handler and group, in the order of the report: every shard's result is read once. Items that one side alone
/// has are still apart, also where they are one thing that moved.
/// </summary>
internal sealed class FoundLists : IDisposable
{
    private readonly Dictionary<(string Handler, ItemGroup Group), SpilledLines> _lists = [];

    private FoundLists()
    {
    }

    /// <summary>Reads the results of shards.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public static async Task<FoundLists> ReadAsync(IArtifactStore work, IReadOnlyList<ShardResult> shards, CancellationToken cancellationToken)
    {
        var found = new FoundLists();
        try
        {
            await foreach (var line in LinesAsync(work, shards, cancellationToken).ConfigureAwait(false))
            {
                found.Add(line);
            }

            return found;
        }
        catch
        {
            found.Dispose();
            throw;
        }
    }

    /// <summary>The items of one list.</summary>
    /// <exception cref="IOException">A temporary file cannot be read.</exception>
    public IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, CancellationToken cancellationToken) =>
        _lists.TryGetValue((handler, group), out var list) ? list.ReadAsync(cancellationToken) : AsyncEnumerable.Empty<ReportItem>();

    public void Dispose()
    {
        foreach (var list in _lists.Values)
        {
            list.Dispose();
        }
    }

    private void Add(ShardLine line)
    {
        if (!_lists.TryGetValue((line.Handler, line.Group), out var list))
        {
            _lists.Add((line.Handler, line.Group), list = new SpilledLines());
        }

        list.Add(line.Item);
    }

    private static async IAsyncEnumerable<ShardLine> LinesAsync(
        IArtifactStore work, IReadOnlyList<ShardResult> results, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shards = results.Where(result => result.Counts.Count > 0).Select(result => result.Shard).OrderBy(shard => shard.Number).ToArray();
        for (var (i, end) = (0, 0); i < shards.Length; i = end)
        {
            end = i + 1;
            while (end < shards.Length && shards[i].IsInterleavedWith(shards[end]))
            {
                end++;
            }

            var lines = end - i == 1
                ? ReadAsync(shards[i])
                : InterleavedLines.MergeAsync([.. shards[i..end].Select(ReadAsync)], cancellationToken);
            await foreach (var line in lines.ConfigureAwait(false))
            {
                yield return line;
            }
        }

        IAsyncEnumerable<ShardLine> ReadAsync(ShardSpec shard) =>
            work.ReadJsonLinesAsync(ArtifactNames.ForShard(shard.Number), ResultsJson.Readable.ShardLine, cancellationToken);
    }
}
