using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Passes;

/// <summary>Two files that were named on their own, in one shard.</summary>
internal sealed class SingleFilePass : Pass
{
    /// <inheritdoc/>
    public override PassKind Kind => PassKind.SingleFile;

    /// <inheritdoc/>
    public override bool Concerns(IDiffHandler handler) => handler is IFileHandler { NeedsFileSystem: false };

    /// <inheritdoc/>
    public override void Plan(ShardPlanner plan, CancellationToken cancellationToken)
    {
        if (plan.Pair is { Old.SingleFile: { } old, New.SingleFile: { } @new })
        {
            plan.Add(Kind, null, 1, old.Entry.Size + @new.Entry.Size);
        }
    }

    /// <inheritdoc/>
    public override async Task RunAsync(PassContext context, ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        // The two names may differ; the pair goes by the new one.
        var old = Cancellable(context.Pair.Old.SingleFile!, cancellationToken);
        var @new = Cancellable(context.Pair.New.SingleFile!, cancellationToken);
        var pair = new FilePair(string.Empty, @new.Entry.Path, old, @new);
        foreach (var handler in context.Handlers.Where(Concerns).OfType<IFileHandler>())
        {
            await run.CompareAsync(0, handler, null, pair.Path, sink => handler.Compare(pair, sink, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private static FileSide Cancellable(FileSide side, CancellationToken cancellationToken) =>
        new(side.Entry, new CancellableByteSource(side.Content, cancellationToken));
}
