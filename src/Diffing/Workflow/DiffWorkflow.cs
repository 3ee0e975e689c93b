using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// A whole comparison: unpack where that is asked for, plan, compare shard by shard, merge, publish. Deterministic: it
/// knows nothing but what activities return. A shard that fails at every attempt leaves its sections incomplete; the
/// others go on.
/// </summary>
public static class DiffWorkflow
{
    private const int ShardsPerRow = 64;
    private const int ListedFailures = 100;

    /// <summary>A row of shards, as a part with a history of its own.</summary>
    public static WorkflowPart<ShardRow, RowOutcome> CompareRow { get; } =
        new(nameof(CompareRow), WorkflowJson.Compact.ShardRow, WorkflowJson.Compact.RowOutcome, CompareRowAsync);

    /// <summary>A row of ranges to unpack, as a part with a history of its own.</summary>
    public static WorkflowPart<UnpackRow, RowOutcome> UnpackRow { get; } =
        new(nameof(UnpackRow), WorkflowJson.Compact.UnpackRow, WorkflowJson.Compact.RowOutcome, UnpackRowAsync);

    /// <summary>
    /// Runs the comparison whose request lies with the artifacts of <see cref="IWorkflowContext.RunId"/>.
    /// </summary>
    /// <exception cref="ActivityFailedException">Storage failed for good; the run may be started again.</exception>
    public static async Task<RunOutcome> RunAsync(IWorkflowContext context)
    {
        var startedAt = context.Now;
        var run = new RunReference(context.RunId);
        var request = await context.CallAsync(DiffSteps.Begin, run).ConfigureAwait(true);
        if (request.Unpack && await UnpackAsync(context, request.Concurrency).ConfigureAwait(true) is { } refusal)
        {
            return new RunOutcome(refusal, IsIncomplete: false, IsDifferent: false);
        }

        context.SetStatus(new DiffProgress("plan", 0, 0, 0, 0));
        var plan = await context.CallAsync(DiffSteps.Plan, run).ConfigureAwait(true);
        if (plan.Failure is { } failure)
        {
            return new RunOutcome(failure, IsIncomplete: false, IsDifferent: false);
        }

        var progress = new DiffProgress("diff", 0, plan.Bytes, 0, plan.Shards, context.Now);
        var rows = await RunRowsAsync(context, plan.Concurrency, progress, row => context.CallPartAsync(CompareRow, row)).ConfigureAwait(true);
        var failed = rows.SelectMany(row => row.Failed);
        progress = progress with { BytesDone = plan.Bytes, ShardsDone = plan.Shards, Since = null };
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

    // Returns why the firmwares cannot be unpacked; null where they are.
    private static async Task<string?> UnpackAsync(IWorkflowContext context, int concurrency)
    {
        context.SetStatus(new DiffProgress("unpack", 0, 0, 0, 0));
        var outlines = await Task.WhenAll(
            context.CallAsync(DiffSteps.Outline, new SideReference(context.RunId, FirmwareSide.Old)),
            context.CallAsync(DiffSteps.Outline, new SideReference(context.RunId, FirmwareSide.New))).ConfigureAwait(true);
        if (outlines.Select(outline => outline.Failure).FirstOrDefault(failure => failure is not null) is { } refusal)
        {
            return refusal;
        }

        var (old, @new) = (outlines[0], outlines[1]);
        var progress = new DiffProgress("unpack", 0, old.Bytes + @new.Bytes, 0, old.Ranges + @new.Ranges, context.Now);
        var rows = await RunRowsAsync(context, concurrency, progress, row => context.CallPartAsync(UnpackRow, new UnpackRow(row, old.Ranges))).ConfigureAwait(true);
        if (rows.SelectMany(row => row.Failed).FirstOrDefault() is { } failed)
        {
            throw new ActivityFailedException(DiffSteps.Unpack.Name, failed.Failure!);
        }

        var seconds = rows.Sum(row => row.Seconds);
        var peak = rows.Select(row => row.PeakWorkingSetBytes).DefaultIfEmpty().Max();
        await Task.WhenAll(
            context.CallAsync(DiffSteps.Seal, new SealInput(context.RunId, FirmwareSide.Old, seconds, peak)),
            context.CallAsync(DiffSteps.Seal, new SealInput(context.RunId, FirmwareSide.New, 0, peak))).ConfigureAwait(true);
        return null;
    }

    private static async Task<IReadOnlyList<RowOutcome>> RunRowsAsync(
        IWorkflowContext context, int concurrency, DiffProgress progress, Func<ShardRow, Task<RowOutcome>> run)
    {
        context.SetStatus(progress);
        var starts = Enumerable.Range(0, (progress.ShardsTotal + ShardsPerRow - 1) / ShardsPerRow).Select(row => row * ShardsPerRow).ToArray();
        return await FanOut.RunAsync(
            starts,
            Math.Max(1, concurrency / ShardsPerRow),
            first => run(new ShardRow(context.RunId, first, Math.Min(first + ShardsPerRow, progress.ShardsTotal), Math.Min(concurrency, ShardsPerRow), progress)),
            row =>
            {
                progress = progress with { BytesDone = progress.BytesDone + row.Bytes, ShardsDone = progress.ShardsDone + row.Shards };
                context.SetStatus(progress);
            }).ConfigureAwait(true);
    }

    private static Task<RowOutcome> CompareRowAsync(IWorkflowContext context, ShardRow row) =>
        RunRowAsync(context, row, number => context.CallAsync(DiffSteps.Compare, new ShardReference(row.RunId, number)));

    private static Task<RowOutcome> UnpackRowAsync(IWorkflowContext context, UnpackRow input) => RunRowAsync(
        context,
        input.Row,
        number => context.CallAsync(
            DiffSteps.Unpack,
            number < input.OldRanges
                ? new RangeReference(input.Row.RunId, FirmwareSide.Old, number)
                : new RangeReference(input.Row.RunId, FirmwareSide.New, number - input.OldRanges)));

    private static async Task<RowOutcome> RunRowAsync(IWorkflowContext context, ShardRow row, Func<int, Task<ShardOutcome>> call)
    {
        var progress = row.Before;
        var outcomes = await FanOut.RunAsync(
            [.. Enumerable.Range(row.First, row.End - row.First)],
            row.Concurrency,
            CallAsync,
            outcome =>
            {
                progress = progress with { BytesDone = progress.BytesDone + outcome.Bytes, ShardsDone = progress.ShardsDone + 1 };
                context.SetStatus(progress);
            }).ConfigureAwait(true);
        return new RowOutcome(
            outcomes.Count,
            outcomes.Sum(outcome => outcome.Bytes),
            Math.Round(outcomes.Sum(outcome => outcome.Seconds), 3),
            outcomes.Max(outcome => outcome.PeakWorkingSetBytes),
            [.. outcomes.Where(outcome => outcome.Failure is not null)]);

        // A failure belongs to the shard; the others go on.
        async Task<ShardOutcome> CallAsync(int number)
        {
            try
            {
                return await call(number).ConfigureAwait(true);
            }
            catch (ActivityFailedException failure)
            {
                return new ShardOutcome(number, 0, 0, 0, failure.Reason);
            }
        }
    }
}
