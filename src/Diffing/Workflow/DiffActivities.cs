using System.Diagnostics;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Passes;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// The activities of a run. Each finds its input with the run's artifacts and leaves its result there under a name that
/// depends on nothing else, so that it may be killed and run again at any point. Safe for concurrent use; shared by all
/// runs of a process.
/// </summary>
public sealed class DiffActivities : IDisposable
{
    private readonly IRunStores _stores;
    private readonly RunCache _runs;
    private readonly UnpackActivities _unpacking;

    /// <summary>Prepares the activities.</summary>
    /// <param name="opener">Opens firmwares.</param>
    /// <param name="stores">Where artifacts lie.</param>
    public DiffActivities(IFirmwareOpener opener, IRunStores stores)
    {
        _stores = stores;
        _runs = new RunCache(opener, stores);
        _unpacking = new UnpackActivities(stores, _runs);
    }

    /// <summary><see cref="DiffSteps.Begin"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<RequestOutcome> BeginAsync(RunReference run, CancellationToken cancellationToken)
    {
        using var lease = _runs.Take(run.RunId, _stores.Work(run.RunId));
        var request = await lease.RequestAsync(cancellationToken).ConfigureAwait(false);
        return new RequestOutcome(request.Unpack, request.Concurrency);
    }

    /// <summary><see cref="DiffSteps.Outline"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<OutlineOutcome> OutlineAsync(SideReference side, CancellationToken cancellationToken)
    {
        await HoldMemoryAsync(side.RunId, cancellationToken).ConfigureAwait(false);
        return await _unpacking.OutlineAsync(side, cancellationToken).ConfigureAwait(false);
    }

    /// <summary><see cref="DiffSteps.Unpack"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<ShardOutcome> UnpackAsync(RangeReference range, CancellationToken cancellationToken)
    {
        await HoldMemoryAsync(range.RunId, cancellationToken).ConfigureAwait(false);
        return await _unpacking.UnpackAsync(range, cancellationToken).ConfigureAwait(false);
    }

    /// <summary><see cref="DiffSteps.Seal"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public Task<RunReference> SealAsync(SealInput input, CancellationToken cancellationToken) => _unpacking.SealAsync(input, cancellationToken);

    /// <summary><see cref="DiffSteps.Plan"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<PlanOutcome> PlanAsync(RunReference run, CancellationToken cancellationToken)
    {
        var work = _stores.Work(run.RunId);
        using var lease = _runs.Take(run.RunId, work);
        var request = await lease.RequestAsync(cancellationToken).ConfigureAwait(false);
        var options = request.Options;
        ProcessMemory.Hold(options.Budget);
        ProcessMemory.Relieve(isNewPhase: true);
        if (!await RunArtifacts.HasPlanAsync(work, cancellationToken).ConfigureAwait(false)
            && await MakePlanAsync(lease, options, work, cancellationToken).ConfigureAwait(false) is { } failure)
        {
            return new PlanOutcome(0, 0, 1, failure);
        }

        // Another attempt may have left its plan first, and every shard goes by what lies in storage.
        var kept = await lease.PlanAsync(cancellationToken).ConfigureAwait(false);
        return new PlanOutcome(kept.Shards.Count, kept.Shards.Sum(shard => shard.EstimatedBytes), request.Concurrency);
    }

    private static async Task<string?> MakePlanAsync(RunCache.Lease lease, DiffOptions options, IArtifactStore work, CancellationToken cancellationToken)
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            var handlers = await lease.HandlersAsync(cancellationToken).ConfigureAwait(false);
            var pair = await lease.PairAsync(cancellationToken).ConfigureAwait(false);
            var inspected = new ActivityInfo("inspect", Seconds(started), 0, 0, ProcessMemory.PeakBytes());
            var plan = new ShardPlanner(pair, handlers, options).Plan(cancellationToken);
            await RunArtifacts.CreatePlanAsync(work, plan with { Activities = [inspected, .. plan.Activities] }, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception fault) when (fault is FirmwareFormatException or DiffFailedException)
        {
            // Trying again would not help; the answer is the fault.
            return fault.Message;
        }
    }

    /// <summary><see cref="DiffSteps.Compare"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<ShardOutcome> CompareAsync(ShardReference shard, CancellationToken cancellationToken)
    {
        var work = _stores.Work(shard.RunId);
        using var lease = _runs.Take(shard.RunId, work);
        var request = await lease.RequestAsync(cancellationToken).ConfigureAwait(false);
        var plan = await lease.PlanAsync(cancellationToken).ConfigureAwait(false);
        var spec = plan.Shards[shard.Number];
        if (await RunArtifacts.TryReadResultAsync(work, shard.Number, cancellationToken).ConfigureAwait(false) is not { } result)
        {
            ProcessMemory.Hold(request.Options.Budget);
            ProcessMemory.Relieve();
            var handlers = await lease.HandlersAsync(cancellationToken).ConfigureAwait(false);
            var pair = await lease.PairAsync(cancellationToken).ConfigureAwait(false);
            var details = request.Formats.Count == 0 ? null : _stores.Report(shard.RunId);
            var context = new PassContext(pair, handlers, request.Options, work, details);
            result = await new ShardRunner(context).RunAsync(spec, cancellationToken).ConfigureAwait(false);
            await RunArtifacts.CreateResultAsync(work, result, cancellationToken).ConfigureAwait(false);
        }

        return new ShardOutcome(shard.Number, spec.EstimatedBytes, Math.Round(result.DurationSeconds, 3), result.PeakWorkingSetBytes);
    }

    /// <summary><see cref="DiffSteps.Merge"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<RunOutcome> MergeAsync(MergeInput input, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var work = _stores.Work(input.RunId);
        using var lease = _runs.Take(input.RunId, work);
        var request = await lease.RequestAsync(cancellationToken).ConfigureAwait(false);
        var handlers = await lease.HandlersAsync(cancellationToken).ConfigureAwait(false);
        var plan = await lease.PlanAsync(cancellationToken).ConfigureAwait(false);
        ProcessMemory.Relieve(isNewPhase: true);
        var results = await RunArtifacts.ReadResultsAsync(work, plan, cancellationToken).ConfigureAwait(false);
        var assembly = new ReportAssembly(request.Options, handlers, plan, results, input.Failed);
        if (assembly.Failure() is { } failure)
        {
            return new RunOutcome(failure, IsIncomplete: false, IsDifferent: false);
        }

        var items = await ListMerge.RunAsync(work, results, plan.Splits, [.. handlers.Select(handler => handler.Section)], cancellationToken).ConfigureAwait(false);
        if (request.Formats.Count > 0)
        {
            foreach (var handler in handlers.Where(handler => handler.Section.NamesCdHashes))
            {
                await TrustCacheOwners.NameAsync(handler.Name, items, results, work, _stores.Report(input.RunId), cancellationToken).ConfigureAwait(false);
            }
        }

        var peak = results.Select(result => result.PeakWorkingSetBytes).Append(ProcessMemory.PeakBytes()).Max();
        var head = assembly.Head(items, new RunInfo
        {
            StartedAt = input.StartedAt,
            DurationSeconds = Math.Round((input.EndedAt - input.StartedAt).TotalSeconds + Seconds(started), 3),
            PeakWorkingSetBytes = peak,
            Activities =
            [
                .. await UnpackingAsync(request, work, cancellationToken).ConfigureAwait(false),
                .. plan.Activities,
                new ActivityInfo(
                    "diff",
                    Math.Round(results.Sum(result => result.DurationSeconds), 3),
                    plan.Shards.Sum(shard => shard.Items),
                    plan.Shards.Sum(shard => shard.EstimatedBytes),
                    results.Select(result => result.PeakWorkingSetBytes).DefaultIfEmpty().Max()),
                new ActivityInfo("merge", Seconds(started), 0, 0, ProcessMemory.PeakBytes()),
            ],
        });
        await RunArtifacts.CreateHeadAsync(work, head, cancellationToken).ConfigureAwait(false);
        return new RunOutcome(null, head.IsIncomplete(), head.IsDifferent());
    }

    /// <summary><see cref="DiffSteps.Publish"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<RunReference> PublishAsync(RunReference run, CancellationToken cancellationToken)
    {
        var work = _stores.Work(run.RunId);
        var request = await RunArtifacts.ReadRequestAsync(work, cancellationToken).ConfigureAwait(false);
        if (request.Formats.Count > 0)
        {
            var store = _stores.Report(run.RunId);
            ProcessMemory.Relieve(isNewPhase: true);
            var report = await RunArtifacts.OpenReportAsync(work, store, cancellationToken).ConfigureAwait(false);
            await ReportFormats.WriteAsync(report, store, request.Formats, cancellationToken).ConfigureAwait(false);
        }

        return run;
    }

    /// <summary>Closes the firmwares that are open. No activity may be running.</summary>
    public void Dispose() => _runs.Dispose();

    private async Task HoldMemoryAsync(string runId, CancellationToken cancellationToken)
    {
        using var lease = _runs.Take(runId, _stores.Work(runId));
        ProcessMemory.Hold((await lease.RequestAsync(cancellationToken).ConfigureAwait(false)).Options.Budget);
        ProcessMemory.Relieve(isNewPhase: true);
    }

    private static async Task<IEnumerable<ActivityInfo>> UnpackingAsync(DiffRequest request, IArtifactStore work, CancellationToken cancellationToken)
    {
        if (!request.Unpack)
        {
            return [];
        }

        var old = (await UnpackActivities.ReadSealedAsync(work, FirmwareSide.Old, cancellationToken).ConfigureAwait(false)).Activity!;
        var @new = (await UnpackActivities.ReadSealedAsync(work, FirmwareSide.New, cancellationToken).ConfigureAwait(false)).Activity!;
        return [new ActivityInfo(old.Name, old.DurationSeconds + @new.DurationSeconds, old.Items + @new.Items, old.Bytes + @new.Bytes, Math.Max(old.PeakWorkingSetBytes, @new.PeakWorkingSetBytes))];
    }

    private static double Seconds(long since) => Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds, 3);
}
