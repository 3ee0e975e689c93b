using System.Diagnostics;
using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Handlers.Firmware;
using IpswDiff.Diffing.Handlers.Kdk;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Passes;

/// <summary>
/// Compares one shard: reads each item once for all handlers, in the order in which the items lie on disk, and writes what was
/// found in the order of the report.
/// </summary>
public sealed class ShardRunner
{
    private readonly FirmwareInput _old;
    private readonly FirmwareInput _new;
    private readonly IReadOnlyList<IDiffHandler> _handlers;
    private readonly IArtifactStore _work;
    private readonly IArtifactStore? _details;
    private readonly CachePairs _caches;
    private readonly KernelcachePairs? _kernelcaches;
    private readonly KdkPass? _kdk;

    /// <summary>Prepares to run shards of one pair.</summary>
    /// <param name="old">The firmware compared from.</param>
    /// <param name="new">The firmware compared to.</param>
    /// <param name="handlers">The handlers that see every item of their kind.</param>
    /// <param name="work">Where shard results go.</param>
    /// <param name="details">Where details of items go; null leaves them out.</param>
    /// <param name="caches">The shared caches of the pair where they have been matched already.</param>
    /// <param name="kernelcaches">The kernelcaches of the pair, for shards of them.</param>
    /// <param name="kdk">The Kernel Debug Kits, where any were named.</param>
    public ShardRunner(
        FirmwareInput old, FirmwareInput @new, IReadOnlyList<IDiffHandler> handlers, IArtifactStore work, IArtifactStore? details, CachePairs? caches = null,
        KernelcachePairs? kernelcaches = null, KdkPass? kdk = null)
    {
        _kernelcaches = kernelcaches;
        _kdk = kdk;
        _caches = caches ?? new CachePairs(old, @new);
        _old = old;
        _new = @new;
        _handlers = handlers;
        _work = work;
        _details = details;
    }

    /// <summary>Runs one shard to its end, or to the fault that its result then names.</summary>
    /// <exception cref="IOException">Storage failed; the shard may be run again.</exception>
    public async Task<ShardResult> RunAsync(ShardSpec shard, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var run = new ShardRun(_work, _details);
        string? fault = null;
        try
        {
            await (shard.Pass switch
            {
                PassKind.Volume => CompareVolumeAsync(shard, run, cancellationToken),
                PassKind.Members => CompareMembersAsync(shard, run, cancellationToken),
                PassKind.Kdk => _kdk!.CompareAsync(_handlers.OfType<KdkHandler>().Single(), run, cancellationToken),
                PassKind.SharedCache => CompareImagesAsync(shard, run, cancellationToken),
                PassKind.Kernelcache => _kernelcaches!.CompareAsync(shard, run, [.. _handlers.OfType<IKernelcacheHandler>()], cancellationToken),
                _ => CompareSingleAsync(run, cancellationToken),
            }).ConfigureAwait(false);
        }
        catch (FirmwareFormatException damage)
        {
            fault = damage.Message;
        }

        await WriteAsync(shard, run, cancellationToken).ConfigureAwait(false);
        return new ShardResult
        {
            Shard = shard,
            Counts = run.Counts(),
            Seconds = run.Seconds,
            Identical = run.Identical(),
            Facts = run.Facts,
            Examined = run.Examined,
            BinariesWithCdHashes = run.BinariesWithCdHashes,
            Fault = fault,
            DurationSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            PeakWorkingSetBytes = ProcessMemory.PeakBytes(),
        };
    }

    private async Task CompareVolumeAsync(ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        var handlers = _handlers.OfType<IFileHandler>().ToArray();
        var keepsCdHashes = _handlers.OfType<FirmwareHandler>().Any() && _old.Members.Count + _new.Members.Count > 0;
        var old = _old.FindVolume(shard.Volume!)?.Open();
        var @new = _new.FindVolume(shard.Volume!)?.Open();
        var pairs = SortedJoin.Join(
            old?.WalkRange(shard.First, shard.End, cancellationToken) ?? [],
            @new?.WalkRange(shard.First, shard.End, cancellationToken) ?? [],
            static (x, y) => PathOrder.Compare(x.Path, y.Path)).ToArray();

        // Items are read in the order of their bytes on disk, so that decoded blocks serve neighbours, and listed in path order.
        var order = Enumerable.Range(0, pairs.Length).ToArray();
        Array.Sort(order, (x, y) => PlaceOf(pairs[x]).CompareTo(PlaceOf(pairs[y])));
        foreach (var index in order)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (before, after) = pairs[index];
            var pair = new FilePair(
                shard.Volume!,
                (before ?? after)!.Path,
                before is null ? null : new FileSide(old!, before),
                after is null ? null : new FileSide(@new!, after));
            foreach (var handler in handlers)
            {
                await run.CompareAsync(index, handler, pair.Volume, pair.Path, sink => handler.Compare(pair, sink, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
            }

            if (keepsCdHashes)
            {
                run.KeepCdHashes(index, pair);
            }
        }
    }

    private async Task CompareMembersAsync(ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        var index = 0;
        foreach (var (before, after) in SortedJoin.Join(Range(_old.Members, shard), Range(_new.Members, shard), static (x, y) => PathOrder.Compare(x.Name, y.Name)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var pair = new MemberPair((before ?? after)!.Name, before, after);
            foreach (var handler in _handlers.OfType<IMemberHandler>())
            {
                await run.CompareAsync(index, handler, null, pair.Name, sink => handler.Compare(pair, sink, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
            }

            index++;
        }
    }

    private static IEnumerable<InputMember> Range(IReadOnlyList<InputMember> members, ShardSpec shard) => members
        .SkipWhile(member => PathOrder.Compare(member.Name, shard.First) < 0)
        .TakeWhile(member => shard.End is null || PathOrder.Compare(member.Name, shard.End) < 0);

    private async Task CompareImagesAsync(ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        var handlers = _handlers.OfType<IImageHandler>().ToArray();
        var (first, end) = (shard.Images!.First, shard.Images.End);
        var pairs = _caches.Open(shard.Volume!).Images.Skip(first).Take(end - first).ToArray();

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
                await run.CompareAsync(places[i], handler, pair.Cache, pair.Path, sink => handler.Compare(pair, sink, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    private async Task CompareSingleAsync(ShardRun run, CancellationToken cancellationToken)
    {
        // The two names may differ; the pair goes by the new one.
        var pair = new FilePair(string.Empty, _new.SingleFile!.Entry.Path, _old.SingleFile, _new.SingleFile);
        foreach (var handler in _handlers.OfType<IFileHandler>().Where(handler => !handler.NeedsFileSystem))
        {
            await run.CompareAsync(0, handler, null, pair.Path, sink => handler.Compare(pair, sink, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        if (run.BinariesWithCdHashes > 0)
        {
            await _work.TryCreateJsonLinesAsync(
                ArtifactNames.ForCdHashes(shard.Number), run.CdHashesInOrder(), ResultsJson.Readable.CdHashLine, cancellationToken).ConfigureAwait(false);
        }

        await _work.TryCreateJsonLinesAsync(
            ArtifactNames.ForShard(shard.Number), run.InOrder(), ResultsJson.Readable.ShardLine, cancellationToken).ConfigureAwait(false);
    }

    private static long PlaceOf((FileEntry? Old, FileEntry? New) pair) => (pair.New ?? pair.Old)!.PhysicalOffset;
}
