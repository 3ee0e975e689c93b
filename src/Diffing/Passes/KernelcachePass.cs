using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Passes;

/// <summary>Kernelcaches, a shard each: the pair as a whole, then kext by kext, nothing held of one once it is done.</summary>
internal sealed class KernelcachePass : Pass
{
    private const string Digest = "kernelcache digest";

    // What a share leaves to the list of Info.plists and to the tables of the pair of kexts in hand.
    private const int ShareParts = 3;

    /// <inheritdoc/>
    public override PassKind Kind => PassKind.Kernelcache;

    /// <inheritdoc/>
    public override bool Concerns(IDiffHandler handler) => handler is IKernelcacheHandler;

    /// <inheritdoc/>
    public override bool ReadsLooseFiles(FirmwarePair pair) => pair.Kernelcaches.Different.Any();

    /// <inheritdoc/>
    public override void Plan(ShardPlanner plan, CancellationToken cancellationToken)
    {
        var pairs = plan.Pair.Kernelcaches;
        foreach (var match in pairs.Different)
        {
            plan.Add(Kind, match.Label, 1, (match.Old?.Size ?? 0) + (match.New?.Size ?? 0));
        }

        plan.Skip(Digest, pairs.Matches.Count - pairs.Different.Count());
        if (!pairs.Different.Any())
        {
            plan.SayEmpty(Kind, pairs.Matches.Count > 0 ? "every kernelcache has the same digest on both sides" : "there is no kernelcache");
        }
    }

    /// <inheritdoc/>
    public override async Task RunAsync(PassContext context, ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        var handlers = context.Handlers.OfType<IKernelcacheHandler>().ToArray();
        var match = context.Pair.Kernelcaches.Find(shard.Volume!);
        KernelcachePair? pair = null;
        FirmwareFormatException? fault = null;
        try
        {
            pair = KernelcachePair.Open(
                match, context.Pair.Kernelcaches.Matches.Count == 1, context.Options.Budget.WorkerBytes / ShareParts * 2);
        }
        catch (FirmwareFormatException damage) when (context.Pair.New.Info.Kind != InputKinds.Kernelcache)
        {
            // Of a firmware's kernelcaches the others are still worth comparing; one that was named on its own is all there is.
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
                    await run.CompareAsync(
                        index + 1, handler, kext.Cache.Volume, kext.Id, sink => handler.Compare(kext, sink, cancellationToken), cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
    }
}
