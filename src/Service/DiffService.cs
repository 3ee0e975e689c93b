using System.Text.Json;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Registry;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Service;

/// <summary>Comparisons and firmwares, as the API and the watchers of folders and containers see them. Knows no HTTP. Safe for concurrent use.</summary>
/// <param name="catalog">The catalogue.</param>
/// <param name="artifacts">Where the artifacts of runs lie, each run below <see cref="SharedRunStores.Scope"/>.</param>
/// <param name="firmwares">Where firmwares lie.</param>
/// <param name="launcher">Runs comparisons.</param>
/// <param name="options">What whoever runs the service decided.</param>
/// <param name="time">The clock.</param>
public sealed class DiffService(
    IRunCatalog catalog, IArtifactStore artifacts, IFirmwareStore firmwares, IRunLauncher launcher, ServiceOptions options, TimeProvider time)
{
    private const int LongestTitle = 200;
    private const int LongestName = 200;

    private static readonly TimeSpan LaunchGrace = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StallLimit = TimeSpan.FromMinutes(2);

    private readonly SharedRunStores _stores = new(artifacts);
    private readonly FirmwareRegistry _registry = new(catalog, firmwares, options, time);

    /// <summary>The decisions of whoever runs the service.</summary>
    public ServiceOptions Options => options;

    /// <summary>Scheme, host and port that browsers upload firmwares to; null where they send them to the service.</summary>
    public Uri? UploadOrigin => firmwares.UploadOrigin;

    /// <summary>Starts a comparison.</summary>
    /// <exception cref="ServiceFaultException">A side does not exist or may not be fetched, or an option means nothing.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<RunRecord> StartAsync(StartDiff start, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(start);
        var old = await ResolveAsync(start.Old, "old", cancellationToken).ConfigureAwait(false);
        var @new = await ResolveAsync(start.New, "new", cancellationToken).ConfigureAwait(false);
        var request = Request(old.StoreName, @new.StoreName, start.Options);
        var now = time.GetUtcNow();
        var run = new RunRecord
        {
            Id = RunRecord.NewId(now),
            Old = old.Shown,
            New = @new.Shown,
            OldFirmware = old.FirmwareId,
            NewFirmware = @new.FirmwareId,
            Options = start.Options is null ? null : JsonSerializer.Serialize(start.Options, ServiceJson.Default.StartOptions),
            CreatedAt = now,
        };
        await LaunchAsync(run, request, cancellationToken).ConfigureAwait(false);
        return run;
    }

    /// <summary>Runs, newest first.</summary>
    /// <exception cref="ServiceFaultException">The count is not from 1 to 1,000, or <paramref name="next"/> is from no page.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<DiffList> ListAsync(int count, string? next, CancellationToken cancellationToken)
    {
        try
        {
            var page = await catalog.ListRunsAsync(count, next, cancellationToken).ConfigureAwait(false);
            return new DiffList(page.Runs, page.Next);
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
        return new DiffView(run, Round(progress?.SecondsLeft(now), 1), Round(progress?.BytesPerSecond(now), 0), activities, reports);

        static double? Round(double? value, int digits) => value is { } known ? Math.Round(known, digits) : null;
    }

    /// <summary>Opens an artifact of a run's report: README.md, report.json, the details of an item.</summary>
    /// <exception cref="ServiceFaultException">There is no such run or artifact, or the name is none.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<Stream> OpenReportAsync(string id, string name, CancellationToken cancellationToken)
    {
        var run = await FindAsync(id, cancellationToken).ConfigureAwait(false);
        CheckName(name);
        return await _stores.Report(id).TryOpenAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new ServiceFaultException(
                FaultKind.NotFound,
                run.HasEnded ? $"the report of run {id} holds no {name}" : $"run {id} has not ended yet, its report holds no {name} so far");
    }

    /// <summary>Cancels a run that goes on; returns it as it ended.</summary>
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

    /// <summary>Takes a firmware, and registers it once it is there as a whole.</summary>
    /// <exception cref="ServiceFaultException">The name is invalid or taken, the body too long, or it is no firmware; nothing is kept then.</exception>
    /// <exception cref="IOException">Storage or the sender failed; nothing is kept.</exception>
    public async Task<FirmwareRecord> UploadAsync(string name, Stream body, CancellationToken cancellationToken)
    {
        CheckFirmwareName(name);
        var created = await firmwares.Files.TryCreateAsync(
            name,
            (target, token) => BoundedCopy.RunAsync(body, target, options.MaxFirmwareBytes, StallLimit, null, () => ServiceFaultException.TooLarge(options), token),
            cancellationToken).ConfigureAwait(false);
        if (!created)
        {
            throw Taken(name);
        }

        try
        {
            return await RegisterAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (ServiceFaultException)
        {
            await firmwares.Files.DeleteAsync(name, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Where a firmware may be uploaded to. The answer for a store that takes streams is the service's own address, for <see cref="UploadAsync"/>;
    /// otherwise a signed one of the storage, after which <see cref="RegisterAsync"/> is called.
    /// </summary>
    /// <exception cref="ServiceFaultException">The name is invalid or taken.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<UploadView> PrepareUploadAsync(string name, CancellationToken cancellationToken)
    {
        CheckFirmwareName(name);
        if (await firmwares.Files.ExistsAsync(name, cancellationToken).ConfigureAwait(false))
        {
            throw Taken(name);
        }

        return await firmwares.CreateUploadAddressAsync(name, cancellationToken).ConfigureAwait(false) is { } upload
            ? new UploadView(UploadKind.Blocks, upload.Address.AbsoluteUri, upload.ExpiresAt, upload.BlockBytes)
            : new UploadView(UploadKind.Stream, $"api/firmwares/{name}", null, null);
    }

    /// <summary>Registers a firmware that lies in the store; the same firmware under another name keeps its first record.</summary>
    /// <exception cref="ServiceFaultException">It does not exist, is too large, damaged, or is no firmware with build and products.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<FirmwareRecord> RegisterAsync(string name, CancellationToken cancellationToken)
    {
        CheckName(name);
        return await _registry.RegisterAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Registers a firmware that was dropped, and starts what is to be compared because of it. Returns the runs that this call started.</summary>
    /// <exception cref="ServiceFaultException">It does not exist, is too large, damaged, or is no firmware with build and products.</exception>
    /// <exception cref="IOException">Storage failed; call again.</exception>
    public async Task<IReadOnlyList<RunRecord>> TakeAsync(string name, CancellationToken cancellationToken) =>
        await PairAsync(await RegisterAsync(name, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>All firmwares, by name.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<FirmwareList> ListFirmwaresAsync(CancellationToken cancellationToken)
    {
        var list = new List<FirmwareRecord>();
        await foreach (var firmware in catalog.ListFirmwaresAsync(cancellationToken).ConfigureAwait(false))
        {
            list.Add(firmware);
        }

        return new FirmwareList(list);
    }

    /// <summary>
    /// Starts the comparisons of a registered firmware with its neighbours of the same product, the newest earlier build and the next later one,
    /// each once: a second call starts nothing, whoever makes it, also after the run was removed. Returns the runs that this call started.
    /// </summary>
    /// <exception cref="IOException">Storage failed; call again.</exception>
    public async Task<IReadOnlyList<RunRecord>> PairAsync(FirmwareRecord firmware, CancellationToken cancellationToken)
    {
        var started = new List<RunRecord>();
        foreach (var (old, @new) in await _registry.FindPairsAsync(firmware, cancellationToken).ConfigureAwait(false))
        {
            var mark = $"pairs/{old.Id}-{@new.Id}";
            if (await artifacts.ExistsAsync(mark, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            // The name follows from the pair alone, so that two events at once add one run.
            var run = new RunRecord
            {
                Id = FirmwareRegistry.RunId(old, @new),
                Old = old.Name,
                New = @new.Name,
                OldFirmware = old.Id,
                NewFirmware = @new.Id,
                Options = JsonSerializer.Serialize(options.DroppedOptions, ServiceJson.Default.StartOptions),
                CreatedAt = time.GetUtcNow(),
            };
            var (added, launched) = await LaunchAsync(run, Request(old.Name, @new.Name, options.DroppedOptions), cancellationToken).ConfigureAwait(false);
            if (added)
            {
                started.Add(run);
            }

            if (!launched)
            {
                continue;
            }

            await artifacts.TryCreateAsync(mark, (_, _) => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
        }

        return started;
    }

    private async Task<(bool Added, bool Launched)> LaunchAsync(RunRecord run, DiffRequest request, CancellationToken cancellationToken)
    {
        // The request before the record: a run that the catalogue knows can always be run.
        await RunArtifacts.CreateRequestAsync(_stores.Work(run.Id), request, cancellationToken).ConfigureAwait(false);
        var added = await catalog.TryAddRunAsync(run, cancellationToken).ConfigureAwait(false);
        var waiting = added ? null : (await catalog.FindRunAsync(run.Id, cancellationToken).ConfigureAwait(false))?.Value;
        if (waiting is { State: RunState.Queued } && time.GetUtcNow() - waiting.CreatedAt < LaunchGrace)
        {
            // Another has just added it and is about to launch it. Where it dies instead, the event that it worked for comes again, later.
            return (false, false);
        }

        if (added || waiting?.State == RunState.Queued)
        {
            await launcher.LaunchAsync(run.Id, cancellationToken).ConfigureAwait(false);
        }

        return (added, true);
    }

    private DiffRequest Request(string old, string @new, StartOptions? asked)
    {
        if (asked?.Title is { Length: > LongestTitle })
        {
            throw new ServiceFaultException(FaultKind.Malformed, $"a title has up to {LongestTitle} characters");
        }

        var diff = new DiffOptions
        {
            OldPath = old,
            NewPath = @new,
            Title = asked?.Title,
            Handlers = asked?.Handlers is { Count: > 0 } handlers ? handlers : null,
            Skip = asked?.Skip ?? [],
            Strings = asked?.Strings ?? false,
            Functions = asked?.Functions ?? false,
            Exhaustive = asked?.Exhaustive ?? false,
            Budget = options.Budget,
        };
        try
        {
            HandlerRegistry.Check(diff);
        }
        catch (ArgumentException unknown)
        {
            throw new ServiceFaultException(FaultKind.Malformed, unknown.Message);
        }

        return new DiffRequest { Options = diff, Formats = options.Formats, Unpack = options.Unpack, MaxConcurrency = options.MaxConcurrency };
    }

    private async Task<Side> ResolveAsync(string? reference, string which, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(reference))
        {
            throw new ServiceFaultException(FaultKind.Malformed, $"'{which}' is missing: name a firmware, its id, or an https address");
        }

        if (FirmwareAddress.IsAddress(reference))
        {
            var address = FirmwareAddress.Check(reference, options);
            return new Side(FirmwareAddress.StoreName(address), address.AbsoluteUri, null);
        }

        CheckName(reference);
        if (await catalog.FindFirmwareAsync(reference, cancellationToken).ConfigureAwait(false) is { Value: var known })
        {
            return new Side(known.Name, known.Name, known.Id);
        }

        return await firmwares.Files.ExistsAsync(reference, cancellationToken).ConfigureAwait(false)
            ? new Side(reference, reference, null)
            : throw new ServiceFaultException(FaultKind.Unprocessable, $"'{which}': there is no firmware {reference}; GET /api/firmwares lists those there are");
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

    private async Task<RunRecord> FindAsync(string id, CancellationToken cancellationToken) =>
        RunRecord.IsId(id) && await catalog.FindRunAsync(id, cancellationToken).ConfigureAwait(false) is { } found ? found.Value : throw NoRun(id);

    private static ServiceFaultException NoRun(string id) =>
        new(FaultKind.NotFound, RunRecord.IsId(id) ? $"there is no run {id}" : "there is no run of that name");

    private static ServiceFaultException Taken(string name) => new(FaultKind.Conflict, $"there is a firmware named {name} already");

    private static void CheckName(string name)
    {
        try
        {
            ArtifactNames.Check(name);
        }
        catch (ArgumentException)
        {
            throw new ServiceFaultException(FaultKind.Malformed, "a name is a relative path without '.', '..', empty parts, backslashes and control characters");
        }
    }

    private static void CheckFirmwareName(string name)
    {
        CheckName(name);
        if (name.Length > LongestName || name[0] == '.' || name.EndsWith(".partial", StringComparison.OrdinalIgnoreCase)
            || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ',' or '-' or '_' or '+'))
        {
            throw new ServiceFaultException(
                FaultKind.Malformed, $"a firmware's name has up to {LongestName} letters, digits and . , - _ +, and begins with no full stop");
        }
    }

    private sealed record Side(string StoreName, string Shown, string? FirmwareId);
}
