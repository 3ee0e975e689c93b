using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Passes;

/// <summary>Cuts a pass into shards by counting entries and bytes as the trees are walked; the cuts depend on the input and the limits alone.</summary>
public sealed class ShardPlanner(long bytesPerShard, int itemsPerShard)
{
    private readonly List<ShardSpec> _shards = [];

    /// <summary>The shards so far, in the order of the report.</summary>
    public IReadOnlyList<ShardSpec> Shards => _shards;

    /// <summary>Adds a shard that is not cut.</summary>
    public void AddWhole(PassKind pass, long items, long bytes) =>
        _shards.Add(new ShardSpec(_shards.Count, pass, null, string.Empty, null, items, bytes));

    /// <summary>Cuts the members of two archives, each in path order.</summary>
    public void AddMembers(IReadOnlyList<InputMember> old, IReadOnlyList<InputMember> @new) => Cut(
        PassKind.Members,
        null,
        SortedJoin.Join(old, @new, static (x, y) => PathOrder.Compare(x.Name, y.Name))
            .Select(pair => ((pair.Old ?? pair.New)!.Name, (pair.Old?.Size ?? 0) + (pair.New?.Size ?? 0))));

    /// <summary>Walks a volume of which at least one side is there and cuts it.</summary>
    /// <exception cref="FirmwareFormatException">A volume cannot be read.</exception>
    public void AddVolume(string label, InputVolume? old, InputVolume? @new, CancellationToken cancellationToken)
    {
        var entries = SortedJoin.Join(
            old?.Open().Walk(cancellationToken: cancellationToken) ?? [],
            @new?.Open().Walk(cancellationToken: cancellationToken) ?? [],
            static (x, y) => PathOrder.Compare(x.Path, y.Path));
        Cut(PassKind.Volume, label, entries.Select(pair => ((pair.Old ?? pair.New)!.Path, SizeOf(pair.Old) + SizeOf(pair.New))));
    }

    /// <summary>Adds the pairs of kernelcaches that have to be compared, a shard each.</summary>
    public void AddKernelcaches(KernelcachePairs pairs)
    {
        foreach (var match in pairs.Different)
        {
            _shards.Add(new ShardSpec(
                _shards.Count, PassKind.Kernelcache, match.Label, string.Empty, null, 1, (match.Old?.Size ?? 0) + (match.New?.Size ?? 0)));
        }
    }

    /// <summary>Cuts the images of a shared cache.</summary>
    /// <param name="pair">The cache on both sides.</param>
    /// <param name="exhaustive">Whether images with one identity are compared as well.</param>
    /// <exception cref="FirmwareFormatException">The cache's local symbols cannot be read.</exception>
    public void AddCache(CachePair pair, bool exhaustive)
    {
        var first = 0;
        long bytes = 0;
        for (var i = 0; i < pair.Images.Count; i++)
        {
            var image = pair.Images[i];
            var size = !exhaustive && image.HaveSameIdentity ? 0 : pair.EstimateBytes(image);
            if (i > first && (i - first >= itemsPerShard || bytes + size > bytesPerShard))
            {
                AddImages(pair, first, i, bytes);
                (first, bytes) = (i, 0);
            }

            bytes += size;
        }

        AddImages(pair, first, pair.Images.Count, bytes);
    }

    // The first range begins before every name, so that it holds what a rerun finds there as well.
    private void Cut(PassKind pass, string? volume, IEnumerable<(string Name, long Bytes)> sorted)
    {
        foreach (var range in PathRanges.Cut(sorted, pass == PassKind.Volume ? "/" : string.Empty, bytesPerShard, itemsPerShard))
        {
            _shards.Add(new ShardSpec(_shards.Count, pass, volume, range.First, range.End, range.Items, range.Bytes));
        }
    }

    private void AddImages(CachePair pair, int first, int end, long bytes) =>
        _shards.Add(new ShardSpec(_shards.Count, PassKind.SharedCache, pair.Label, string.Empty, null, end - first, bytes, new ImageRange(first, end)));

    private static long SizeOf(FileEntry? entry) => entry is { Kind: FileKind.File } ? entry.Size : 0;
}
