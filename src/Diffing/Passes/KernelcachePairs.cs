using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Passes;

/// <summary>
/// The kernelcaches of two firmwares, matched by board, and how one pair is compared: kext by kext, nothing held of a pair once it is
/// done. Safe for concurrent use.
/// </summary>
public sealed class KernelcachePairs
{
    // What a share leaves to the list of Info.plists and to the tables of the pair of kexts in hand.
    private const int ShareParts = 3;

    private readonly DiffOptions _options;
    private readonly bool _areInputs;
    private readonly Dictionary<string, KernelcacheMatch> _byLabel;

    /// <summary>Matches kernelcaches.</summary>
    /// <exception cref="ArgumentException">The options name a board that no kernelcache is for.</exception>
    public KernelcachePairs(FirmwareInput old, FirmwareInput @new, DiffOptions options)
    {
        _options = options;
        _areInputs = @new.Info.Kind == FirmwareInput.KernelcacheKind;
        if (options.Device is { } device)
        {
            var boards = old.Boards.Concat(@new.Boards).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal).ToArray();
            if (!boards.Contains(device, StringComparer.OrdinalIgnoreCase))
            {
                throw new ArgumentException(boards.Length == 0
                    ? $"--device {device}: neither input says which boards it is for"
                    : $"there is no board '{device}' in either firmware; there are {string.Join(", ", boards)}");
            }
        }

        Matches = KernelcacheMatching.Match(old.Kernelcaches, @new.Kernelcaches, options.Device);
        _byLabel = Matches.ToDictionary(match => match.Label, StringComparer.Ordinal);
    }

    /// <summary>The pairs in the order of the report.</summary>
    public IReadOnlyList<KernelcacheMatch> Matches { get; }

    /// <summary>The pairs that have to be compared: those whose digests do not prove them identical.</summary>
    public IEnumerable<KernelcacheMatch> Different => Matches.Where(match => _options.Exhaustive || !match.HaveSameDigest);

    /// <summary>Lets every handler compare the pair of one shard.</summary>
    /// <exception cref="FirmwareFormatException">An input that is itself a kernelcache cannot be read; of a firmware's, it is listed.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    internal async Task CompareAsync(ShardSpec shard, ShardRun run, IReadOnlyList<IKernelcacheHandler> handlers, CancellationToken cancellationToken)
    {
        var match = _byLabel[shard.Volume!];
        KernelcachePair? pair = null;
        FirmwareFormatException? fault = null;
        try
        {
            pair = KernelcachePair.Open(match, Matches.Count == 1, _options.Budget.WorkerBytes / ShareParts * 2);
        }
        catch (FirmwareFormatException damage) when (!_areInputs)
        {
            fault = damage;
        }

        using (pair)
        {
            foreach (var handler in handlers)
            {
                void Whole(ItemSink sink)
                {
                    if (pair is null)
                    {
                        sink.Add(ItemGroup.Unreadable, new ReportItem { Path = match.Label, Reason = fault!.Message });
                    }
                    else
                    {
                        handler.Compare(pair, sink, cancellationToken);
                    }
                }

                await run.CompareAsync(0, handler, null, match.Label, Whole, cancellationToken).ConfigureAwait(false);
            }

            foreach (var (index, kext) in (pair?.Kexts ?? []).Index())
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var handler in handlers)
                {
                    await run.CompareAsync(index + 1, handler, kext.Cache.Volume, kext.Id, sink => handler.Compare(kext, sink, cancellationToken), cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
    }
}
