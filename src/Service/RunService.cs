using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;

namespace IpswDiff.Service;

/// <summary>
/// Comparisons that were started: what is known of them, their reports, and their end. Safe for concurrent use.
/// </summary>
/// <param name="catalog">The catalogue.</param>
/// <param name="artifacts">Where the artifacts of runs lie, each run below <see cref="SharedRunStores.Scope"/>.</param>
/// <param name="launcher">Runs comparisons.</param>
/// <param name="time">The clock.</param>
public sealed class RunService(IRunCatalog catalog, IArtifactStore artifacts, IRunLauncher launcher, TimeProvider time)
{
    private readonly SharedRunStores _stores = new(artifacts);

    /// <summary>Runs, newest first.</summary>
    /// <exception cref="ServiceFaultException">
    /// The count is not from 1 to 1,000, or <paramref name="next"/> is from no page.
    /// </exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<DiffList> ListAsync(int count, string? next, CancellationToken cancellationToken)
    {
        try
        {
            var page = await catalog.ListRunsAsync(count, next, cancellationToken).ConfigureAwait(false);
            return new DiffList([.. page.Runs.Select(Shown)], page.Next);
        }
        catch (ArgumentException)
        {
            throw new ServiceFaultException(FaultKind.Malformed, "count is from 1 to 1000, and next is what the page before named");
        }
    }

    /// <summary>One run.</summary>
    /// <exception cref="ServiceFaultException">There is none of that name.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<DiffView> GetAsync(string id, CancellationToken cancellationToken)
    {
        var run = await FollowAsync(await FindAsync(id, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var activities = new List<ActivityRecord>();
        await foreach (var activity in catalog.ListActivitiesAsync(id, cancellationToken).ConfigureAwait(false))
        {
            activities.Add(activity);
        }

        var reports = new List<string>();
        foreach (var (path, artifact) in ReportNames.All)
        {
            if (await _stores.Report(id).ExistsAsync(artifact, cancellationToken).ConfigureAwait(false))
            {
                reports.Add(path);
            }
        }

        var progress = run.State == RunState.Running ? RunProgress.Of(run) : null;
        var now = time.GetUtcNow();
        return new DiffView(Shown(run),
            Round(progress?.SecondsLeft(now), 1), Round(progress?.BytesPerSecond(now), 0), activities, reports);

        static double? Round(double? value, int digits) => value is { } known ? Math.Round(known, digits) : null;
    }

    /// <summary>Opens an artifact of a run's report: README.md, report.json, the details of an item.</summary>
    /// <exception cref="ServiceFaultException">There is no such run or artifact, or the name is none.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<Stream> OpenReportAsync(string id, string name, CancellationToken cancellationToken)
    {
        var run = await FindAsync(id, cancellationToken).ConfigureAwait(false);
        ServiceNames.Check(name);
        return await _stores.Report(id).TryOpenAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new ServiceFaultException(
                FaultKind.NotFound,
                run.HasEnded ? $"the report of run {id} holds no {name}" : $"run {id} has not ended yet, its report holds no {name} so far");
    }

    /// <summary>
    /// Cancels a run that goes on; returns it as it ended. Its record says so at once, its worker is free within
    /// seconds.
    /// </summary>
    /// <exception cref="ServiceFaultException">There is none of that name.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<RunRecord> CancelAsync(string id, CancellationToken cancellationToken)
    {
        var found = await FindAsync(id, cancellationToken).ConfigureAwait(false);

        // How far it was is forgotten with what is cancelled.
        var progress = found.State == RunState.Running ? (await launcher.FindAsync(id, cancellationToken).ConfigureAwait(false)).Progress : null;

        // Its record first: a run that is only queued then never begins, and one that dies in between is not resumed.
        var run = await catalog.UpdateRunAsync(
            id,
            current => current.HasEnded
                ? null
                : RunProgress.Of(current, progress) with
                {
                    State = RunState.Cancelled,
                    Phase = null,
                    PhaseSince = null,
                    EndedAt = time.GetUtcNow(),
                    Reason = "cancelled on request",
                    Worker = null,
                    WorkerUntil = null,
                },
            cancellationToken).ConfigureAwait(false);
        await launcher.CancelAsync(id, cancellationToken).ConfigureAwait(false);
        return run ?? throw NoRun(id);
    }

    /// <summary>Removes a run with everything it left; one that goes on is cancelled first.</summary>
    /// <exception cref="ServiceFaultException">There is none of that name.</exception>
    /// <exception cref="IOException">Storage failed; call again.</exception>
    public async Task PurgeAsync(string id, CancellationToken cancellationToken)
    {
        await CancelAsync(id, cancellationToken).ConfigureAwait(false);
        await launcher.PurgeAsync(id, cancellationToken).ConfigureAwait(false);
        await artifacts.DeleteAllAsync(SharedRunStores.Scope(id) + "/", cancellationToken).ConfigureAwait(false);
        await catalog.DeleteRunAsync(id, cancellationToken).ConfigureAwait(false);
    }

    // A launcher may know more than the catalogue: how far a run is, or that it died without a word.
    private async Task<RunRecord> FollowAsync(RunRecord run, CancellationToken cancellationToken)
    {
        if (run.HasEnded)
        {
            return run;
        }

        var launched = await launcher.FindAsync(run.Id, cancellationToken).ConfigureAwait(false);
        if (launched.State == LaunchState.Dead)
        {
            return await catalog.UpdateRunAsync(
                run.Id,
                record => record.HasEnded
                    ? null
                    : record with { State = RunState.Failed, Reason = launched.Reason ?? "it died, no reason is known", EndedAt = time.GetUtcNow() },
                cancellationToken).ConfigureAwait(false) ?? throw NoRun(run.Id);
        }

        return run.State == RunState.Running ? RunProgress.Of(run, launched.Progress) : run;
    }

    // Machines and processes are nobody's business but the services' own.
    private static RunRecord Shown(RunRecord run) => run with { Worker = null, WorkerUntil = null };

    private async Task<RunRecord> FindAsync(string id, CancellationToken cancellationToken) =>
        RunRecord.IsId(id) && await catalog.FindRunAsync(id, cancellationToken).ConfigureAwait(false) is { } found ? found.Value : throw NoRun(id);

    private static ServiceFaultException NoRun(string id) =>
        new(FaultKind.NotFound, RunRecord.IsId(id) ? $"there is no run {id}" : "there is no run of that name");
}
