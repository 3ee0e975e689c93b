namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// A whole comparison: plan, compare shard by shard, merge, publish. Deterministic: it knows nothing but what activities return. A shard
/// that fails at every attempt leaves its sections incomplete; the others go on.
/// </summary>
public static class DiffWorkflow
{
    private const int ShardsPerRow = 64;
    private const int ListedFailures = 100;

    /// <summary>A row of shards, as a part with a history of its own.</summary>
    public static WorkflowPart<ShardRow, RowOutcome> Row { get; } =
        new("CompareRow", WorkflowJson.Compact.ShardRow, WorkflowJson.Compact.RowOutcome, CompareRowAsync);

    /// <summary>Runs the comparison whose request lies with the artifacts of <see cref="IWorkflowContext.RunId"/>.</summary>
    /// <exception cref="ActivityFailedException">Storage failed for good; the run may be started again.</exception>
    public static async Task<RunOutcome> RunAsync(IWorkflowContext context)
    {
        var startedAt = context.Now;
        var run = new RunReference(context.RunId);
        context.SetStatus(new DiffProgress("plan", 0, 0, 0, 0));
        var plan = await context.CallAsync(DiffSteps.Plan, run).ConfigureAwait(true);
        if (plan.Failure is { } failure)
        {
            return new RunOutcome(failure, IsIncomplete: false, IsDifferent: false);
        }

        var progress = new DiffProgress("diff", 0, plan.Bytes, 0, plan.Shards);
        context.SetStatus(progress);
        var starts = Enumerable.Range(0, (plan.Shards + ShardsPerRow - 1) / ShardsPerRow).Select(row => row * ShardsPerRow).ToArray();
        var rows = await FanOut.RunAsync(
            starts,
            Math.Max(1, plan.Concurrency / ShardsPerRow),
            first => context.CallPartAsync(
                Row, new ShardRow(context.RunId, first, Math.Min(first + ShardsPerRow, plan.Shards), Math.Min(plan.Concurrency, ShardsPerRow), progress)),
            row =>
            {
                progress = progress with { BytesDone = progress.BytesDone + row.Bytes, ShardsDone = progress.ShardsDone + row.Shards };
                context.SetStatus(progress);
            }).ConfigureAwait(true);
        var failed = rows.SelectMany(row => row.Failed);
        context.SetStatus(progress with { Phase = "merge" });
        var outcome = await context.CallAsync(
            DiffSteps.Merge, new MergeInput(context.RunId, startedAt, context.Now, [.. failed.Take(ListedFailures)])).ConfigureAwait(true);
        if (outcome.Failure is null)
        {
            context.SetStatus(progress with { Phase = "publish" });
            await context.CallAsync(DiffSteps.Publish, run).ConfigureAwait(true);
        }

        return outcome;
    }

    private static async Task<RowOutcome> CompareRowAsync(IWorkflowContext context, ShardRow row)
    {
        var progress = row.Before;
        var outcomes = await FanOut.RunAsync(
            [.. Enumerable.Range(row.First, row.End - row.First)],
            row.Concurrency,
            number => CompareAsync(context, new ShardReference(row.RunId, number)),
            outcome =>
            {
                progress = progress with { BytesDone = progress.BytesDone + outcome.Bytes, ShardsDone = progress.ShardsDone + 1 };
                context.SetStatus(progress);
            }).ConfigureAwait(true);
        return new RowOutcome(
            outcomes.Count,
            outcomes.Sum(outcome => outcome.Bytes),
            outcomes.Max(outcome => outcome.PeakWorkingSetBytes),
            [.. outcomes.Where(outcome => outcome.Failure is not null)]);
    }

    private static async Task<ShardOutcome> CompareAsync(IWorkflowContext context, ShardReference shard)
    {
        try
        {
            return await context.CallAsync(DiffSteps.Compare, shard).ConfigureAwait(true);
        }
        catch (ActivityFailedException failure)
        {
            return new ShardOutcome(shard.Number, 0, 0, 0, failure.Reason);
        }
    }
}
