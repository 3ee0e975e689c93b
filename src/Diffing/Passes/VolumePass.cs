using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Passes;

/// <summary>The files of volumes: a volume's tree is walked on both sides at once and cut by ranges of paths.</summary>
internal sealed class VolumePass : Pass
{
    /// <summary>The proof by which whole volumes are left out.</summary>
    public const string Digest = "volume digest";

    /// <inheritdoc/>
    public override PassKind Kind => PassKind.Volume;

    /// <inheritdoc/>
    public override string Place => "the volumes that were compared";

    /// <inheritdoc/>
    public override bool Concerns(IDiffHandler handler) => handler is IFileHandler;

    /// <inheritdoc/>
    public override bool ReadsVolume(FirmwarePair pair, VolumePair volume) => pair.IsDifferent(volume);

    /// <inheritdoc/>
    public override void Plan(ShardPlanner plan, CancellationToken cancellationToken)
    {
        var skipped = 0;
        foreach (var volume in plan.Pair.Volumes)
        {
            if (!plan.Pair.IsDifferent(volume))
            {
                skipped++;
                continue;
            }

            try
            {
                Cut(plan, volume, cancellationToken);
            }
            catch (FirmwareFormatException fault)
            {
                // The other volumes are still worth comparing; the sections say what they lack.
                plan.AddFault(Kind, $"{volume.Label}: {fault.Message}");
            }
        }

        plan.Skip(Digest, skipped);
        if (skipped > 0)
        {
            plan.SayEmpty(Kind, "every volume has the same digest on both sides");
        }
    }

    /// <inheritdoc/>
    public override async Task RunAsync(PassContext context, ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        var handlers = context.Handlers.OfType<IFileHandler>().ToArray();
        var keepsCdHashes = context.Handlers.Any(handler => handler.Section.NamesCdHashes)
            && context.Pair.Old.Members.Count + context.Pair.New.Members.Count > 0;
        var volumes = context.Pair.FindVolumes(shard.Volume!);
        var (oldVolume, newVolume) = (volumes.Old?.Open(), volumes.New?.Open());
        var pairs = Join(
            oldVolume?.WalkRange(shard.First, shard.End, cancellationToken) ?? [],
            newVolume?.WalkRange(shard.First, shard.End, cancellationToken) ?? []).ToArray();

        // Items are read in the order of their bytes on disk, so that decoded blocks serve neighbours, and listed in path order.
        var order = Enumerable.Range(0, pairs.Length).ToArray();
        Array.Sort(order, (x, y) => PlaceOf(pairs[x]).CompareTo(PlaceOf(pairs[y])));
        foreach (var index in order)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (old, @new) = pairs[index];
            var pair = new FilePair(
                shard.Volume!,
                (old ?? @new)!.Path,
                old is null ? null : new FileSide(oldVolume!, old, cancellationToken),
                @new is null ? null : new FileSide(newVolume!, @new, cancellationToken));
            foreach (var handler in handlers)
            {
                await run.CompareAsync(
                    index, handler, pair.Volume, pair.Path, sink => handler.Compare(pair, sink, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
            }

            if (keepsCdHashes)
            {
                run.KeepCdHashes(index, pair);
            }
        }
    }

    private void Cut(ShardPlanner plan, VolumePair volume, CancellationToken cancellationToken)
    {
        var entries = Join(
            volume.Old?.Open().Walk(cancellationToken: cancellationToken) ?? [],
            volume.New?.Open().Walk(cancellationToken: cancellationToken) ?? []);
        plan.Cut(Kind, volume.Label, "/", entries.Select(pair => ((pair.Old ?? pair.New)!.Path, SizeOf(pair.Old) + SizeOf(pair.New))));
    }

    private static IEnumerable<(FileEntry? Old, FileEntry? New)> Join(IEnumerable<FileEntry> old, IEnumerable<FileEntry> @new) =>
        SortedJoin.Join(old, @new, static (x, y) => PathOrder.Compare(x.Path, y.Path));

    private static long SizeOf(FileEntry? entry) => entry is { Kind: FileKind.File } ? entry.Size : 0;

    private static long PlaceOf((FileEntry? Old, FileEntry? New) pair) => (pair.New ?? pair.Old)!.PhysicalOffset;
}
