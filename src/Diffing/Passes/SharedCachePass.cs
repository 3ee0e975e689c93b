using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Passes;

/// <summary>The images of dyld shared caches, by ranges of their places in the cache.</summary>
internal sealed class SharedCachePass : Pass
{
    /// <inheritdoc/>
    public override PassKind Kind => PassKind.SharedCache;

    /// <inheritdoc/>
    public override bool Concerns(IDiffHandler handler) => handler is IImageHandler;

    /// <inheritdoc/>
    public override bool ReadsVolume(FirmwarePair pair, VolumePair volume) => pair.IsDifferent(volume);

    /// <inheritdoc/>
    public override void Plan(ShardPlanner plan, CancellationToken cancellationToken)
    {
        foreach (var fault in plan.Pair.Caches.Faults)
        {
            plan.AddFault(Kind, fault);
        }

        foreach (var match in plan.Pair.Caches.Matches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var caches = plan.Pair.Caches.Open(match.Label);
                Cut(plan, caches);
                plan.AddContainer(caches.Info);
            }
            catch (FirmwareFormatException fault)
            {
                plan.AddFault(Kind, fault.Message);
            }
        }

        var same = plan.Pair.Caches.Same;
        plan.SkipOnce(VolumePass.Digest, same);
        plan.SayEmpty(Kind, same == 0
            ? "there is no shared cache"
            : "the volumes that shared caches lie on have the same digest on both sides");
    }

    /// <inheritdoc/>
    public override async Task RunAsync(PassContext context, ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        var handlers = context.Handlers.OfType<IImageHandler>().ToArray();
        var (first, end) = (shard.Images!.First, shard.Images.End);
        var pairs = context.Pair.Caches.Open(shard.Volume!).Images.Skip(first).Take(end - first).ToArray();

        // Images are read in the order in which they lie in the cache, and listed in the order of their paths.
        var places = new int[pairs.Length];
        foreach (var (rank, index) in Enumerable.Range(0, pairs.Length).OrderBy(index => pairs[index].Path, PathOrder.Instance).Index())
        {
            places[index] = rank;
        }

        for (var i = 0; i < pairs.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var pair = pairs[i];
            foreach (var handler in handlers)
            {
                await run.CompareAsync(
                    places[i], handler, pair.Cache, pair.Path, sink => handler.Compare(pair, sink, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    private void Cut(ShardPlanner plan, CachePair pair)
    {
        var first = 0;
        long bytes = 0;
        for (var i = 0; i < pair.Images.Count; i++)
        {
            var image = pair.Images[i];
            var size = !plan.Options.Exhaustive && image.HaveSameIdentity ? 0 : pair.EstimateBytes(image);
            if (i > first && plan.IsFull(i - first, bytes + size))
            {
                plan.Add(Kind, pair.Label, i - first, bytes, new ImageRange(first, i));
                (first, bytes) = (i, 0);
            }

            bytes += size;
        }

        plan.Add(Kind, pair.Label, pair.Images.Count - first, bytes, new ImageRange(first, pair.Images.Count));
    }
}
