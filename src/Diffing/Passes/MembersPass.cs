using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Passes;

/// <summary>The members of both archives that are no volumes, by ranges of names.</summary>
internal sealed class MembersPass : Pass
{
    /// <inheritdoc/>
    public override PassKind Kind => PassKind.Members;

    /// <inheritdoc/>
    public override string Place => "the archives";

    /// <inheritdoc/>
    public override bool Concerns(IDiffHandler handler) => handler is IMemberHandler;

    /// <inheritdoc/>
    public override bool ReadsLooseFiles(FirmwarePair pair) => true;

    /// <inheritdoc/>
    public override void Plan(ShardPlanner plan, CancellationToken cancellationToken) => plan.Cut(
        Kind,
        null,
        string.Empty,
        Join(plan.Pair.Old.Members, plan.Pair.New.Members)
            .Select(pair => ((pair.Old ?? pair.New)!.Name, (pair.Old?.Size ?? 0) + (pair.New?.Size ?? 0))));

    /// <inheritdoc/>
    public override async Task RunAsync(PassContext context, ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        var handlers = context.Handlers.OfType<IMemberHandler>().ToArray();
        var members = Join(Range(context.Pair.Old.Members, shard), Range(context.Pair.New.Members, shard));
        foreach (var (index, (old, @new)) in members.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var pair = new MemberPair((old ?? @new)!.Name, old, @new);
            foreach (var handler in handlers)
            {
                await run.CompareAsync(index, handler, null, pair.Name, sink => handler.Compare(pair, sink, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    private static IEnumerable<(InputMember? Old, InputMember? New)> Join(IEnumerable<InputMember> old, IEnumerable<InputMember> @new) =>
        SortedJoin.Join(old, @new, static (x, y) => PathOrder.Compare(x.Name, y.Name));

    private static IEnumerable<InputMember> Range(IReadOnlyList<InputMember> members, ShardSpec shard) => members
        .SkipWhile(member => PathOrder.Compare(member.Name, shard.First) < 0)
        .TakeWhile(member => shard.End is null || PathOrder.Compare(member.Name, shard.End) < 0);
}
