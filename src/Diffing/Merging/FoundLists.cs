using System.Runtime.CompilerServices;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// What all shards found, by handler and group, volume by volume in the order of the report: every shard's result is read once. Items that
/// one side alone has are still apart, also where they are one thing that moved.
/// </summary>
internal sealed class FoundLists : IDisposable
{
    private readonly Dictionary<(string Handler, ItemGroup Group), List<VolumeLines>> _lists = [];

    private FoundLists()
    {
    }

    /// <summary>Reads the results of shards.</summary>
    /// <param name="work">The run's artifacts.</param>
    /// <param name="shards">The results there are.</param>
    /// <param name="splits">Places that hold the same thing for different boards.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IOException">Storage failed.</exception>
    public static async Task<FoundLists> ReadAsync(
        IArtifactStore work, IReadOnlyList<ShardResult> shards, IReadOnlyList<SplitPlace> splits, CancellationToken cancellationToken)
    {
        var found = new FoundLists();
        try
        {
            await foreach (var line in LinesAsync(work, shards, cancellationToken).ConfigureAwait(false))
            {
                found.Add(line);
            }

            foreach (var split in splits)
            {
                foreach (var list in found._lists.Values)
                {
                    await JoinAsync(list, split, cancellationToken).ConfigureAwait(false);
                }
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
        (_lists.GetValueOrDefault((handler, group)) ?? []).ToAsyncEnumerable()
            .SelectMany(volume => volume.Lines.ReadAsync(cancellationToken))
            .Select(line => line.Item);

    public void Dispose()
    {
        foreach (var volume in _lists.Values.SelectMany(volumes => volumes))
        {
            volume.Lines.Dispose();
        }
    }

    private void Add(ShardLine line)
    {
        if (!_lists.TryGetValue((line.Handler, line.Group), out var volumes))
        {
            _lists.Add((line.Handler, line.Group), volumes = []);
        }

        LinesOf(volumes, line.Item.Volume).Add(line);
    }

    private static SpilledLines LinesOf(List<VolumeLines> volumes, string? name)
    {
        if (volumes.Find(volume => volume.Name == name) is not { } found)
        {
            volumes.Add(found = new VolumeLines(name, new SpilledLines()));
        }

        return found.Lines;
    }

    // The shared place takes the place of its first part, and the parts follow.
    private static async Task JoinAsync(List<VolumeLines> volumes, SplitPlace split, CancellationToken cancellationToken)
    {
        var first = volumes.FindIndex(volume => split.Parts.Any(part => part.Label == volume.Name));
        if (first < 0)
        {
            return;
        }

        var parts = split.Parts.Select(part => volumes.Find(volume => volume.Name == part.Label)).ToArray();
        var joined = split.Parts.Select(part => part.Label).Prepend(split.Shared).Select(name => new VolumeLines(name, new SpilledLines())).ToArray();
        await SplitMerge.RunAsync(
            split,
            [.. parts.Select(part => part?.Lines)],
            (part, item) => joined[part + 1].Lines.Add(new ShardLine(string.Empty, default, item)),
            cancellationToken).ConfigureAwait(false);
        foreach (var part in parts.OfType<VolumeLines>())
        {
            part.Lines.Dispose();
            volumes.Remove(part);
        }

        volumes.InsertRange(first, joined);
    }

    private static async IAsyncEnumerable<ShardLine> LinesAsync(
        IArtifactStore work, IReadOnlyList<ShardResult> results, [EnumeratorCancellation] CancellationToken cancellationToken)
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

    private sealed record VolumeLines(string? Name, SpilledLines Lines);
}
