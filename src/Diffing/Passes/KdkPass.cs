using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Shards;

namespace IpswDiff.Diffing.Passes;

/// <summary>Two Kernel Debug Kits, in one shard: they lie outside both firmwares, and whoever compares them reads them step by step.</summary>
internal sealed class KdkPass : Pass
{
    /// <inheritdoc/>
    public override PassKind Kind => PassKind.Kdk;

    /// <inheritdoc/>
    public override bool Concerns(IDiffHandler handler) => handler is IKitHandler;

    /// <inheritdoc/>
    public override void Plan(ShardPlanner plan, CancellationToken cancellationToken)
    {
        if (plan.Options is not { KdkOld: { } old, KdkNew: { } @new })
        {
            plan.SayEmpty(Kind, "no Kernel Debug Kits were named (--kdk OLD NEW)");
            return;
        }

        foreach (var handler in plan.Handlers.OfType<IKitHandler>())
        {
            var reading = handler.Read(old, @new, plan.Options.Budget.WorkerBytes);
            plan.Add(Kind, handler.Name, reading.Items, reading.Bytes);
        }
    }

    /// <inheritdoc/>
    public override async Task RunAsync(PassContext context, ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        var handler = context.Handlers.OfType<IKitHandler>().First(handler => handler.Name == shard.Volume);
        var reading = handler.Read(context.Options.KdkOld!, context.Options.KdkNew!, context.Options.Budget.WorkerBytes);
        foreach (var (index, step) in reading.Steps(cancellationToken).Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            await run.CompareAsync(index, handler, step.Volume, step.Path, step.Compare, cancellationToken).ConfigureAwait(false);
        }
    }
}
