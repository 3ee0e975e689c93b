using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Handlers.Kdk;
using IpswDiff.Formats.Dwarf;

namespace IpswDiff.Diffing.Passes;

/// <summary>The reading of two Kernel Debug Kits: kernel by kernel, and of each the types that differ in portions, so that their details leave memory.</summary>
public sealed class KdkPass
{
    private const int Portion = 256;
    private const long LeastCacheBytes = 4L << 20;

    private readonly IReadOnlyList<KdkKernelPair> _kernels;
    private readonly long _cacheBytes;

    private KdkPass(IReadOnlyList<KdkKernelPair> kernels, long cacheBytes)
    {
        _kernels = kernels;
        _cacheBytes = cacheBytes;
    }

    /// <summary>The reading that a run asks for; null where it names no kits or leaves the handler out.</summary>
    /// <exception cref="DiffFailedException">A kit has no kernels, the two have none in common, or only one is named.</exception>
    public static KdkPass? Create(DiffOptions options, IEnumerable<IDiffHandler> handlers)
    {
        if (options.KdkOld is null != options.KdkNew is null)
        {
            throw new DiffFailedException("two Kernel Debug Kits make a comparison; one was named");
        }

        // Each side keeps units of its own; the rest of a worker's memory is for names and hashes.
        return options is { KdkOld: { } old, KdkNew: { } @new } && handlers.OfType<KdkHandler>().Any()
            ? new KdkPass(KdkKernels.Match(old, @new), Math.Max(LeastCacheBytes, Math.Min(DwarfTypes.DefaultCacheBytes, options.Budget.WorkerBytes / 8)))
            : null;
    }

    /// <summary>Kernels of both kits.</summary>
    internal int Count => _kernels.Count;

    /// <summary>Bytes of all of them.</summary>
    internal long Bytes => _kernels.Sum(pair => (pair.Old?.Bytes ?? 0) + (pair.New?.Bytes ?? 0));

    /// <summary>Compares all kernels.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal async Task CompareAsync(KdkHandler handler, ShardRun run, CancellationToken cancellationToken)
    {
        var index = 0;
        foreach (var pair in _kernels)
        {
            cancellationToken.ThrowIfCancellationRequested();
            KdkTypes? types = null;
            await run.CompareAsync(
                index++,
                handler,
                null,
                pair.Name,
                sink =>
                {
                    KdkHandler.CompareKernels(pair, sink);
                    types = pair is { Old: { } old, New: { } @new } ? KdkTypes.Open(old, @new, _cacheBytes, cancellationToken) : null;
                },
                cancellationToken).ConfigureAwait(false);
            using (types)
            {
                foreach (var portion in types?.Changes().Chunk(Portion) ?? [])
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var volume = _kernels.Count > 1 ? pair.Name : null;
                    await run.CompareAsync(index++, handler, volume, pair.Name, sink => KdkHandler.Compare(types!, volume, portion, sink), cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
    }
}
