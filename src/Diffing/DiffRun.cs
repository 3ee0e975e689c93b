using System.Collections.Concurrent;
using System.Diagnostics;
using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Passes;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing;

/// <summary>One comparison in this process: inspect, plan, compare shard by shard, merge.</summary>
public sealed class DiffRun
{
    private const int ShardItems = 4096;
    private const string VolumeDigest = "volume digest";

    private readonly DiffOptions _options;
    private readonly IReadOnlyList<IDiffHandler> _handlers;
    private readonly IArtifactStore _work;
    private readonly IArtifactStore? _details;
    private readonly IProgress<DiffProgress>? _progress;
    private readonly ConcurrentDictionary<string, long> _skipped = new(StringComparer.Ordinal);
    private readonly List<ActivityInfo> _activities = [];
    private readonly List<string> _volumeFaults = [];
    private readonly List<string> _cacheFaults = [];
    private bool _areCacheVolumesSame;
    private readonly List<ContainerInfo> _containers = [];

    /// <summary>Prepares a run.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="work">Where shards leave their results for merging.</param>
    /// <param name="details">Where details of items go; null when nobody will read them.</param>
    /// <param name="progress">Told how far the run is.</param>
    /// <exception cref="ArgumentException">The options name a handler that does not exist.</exception>
    public DiffRun(DiffOptions options, IArtifactStore work, IArtifactStore? details, IProgress<DiffProgress>? progress = null)
    {
        _options = options;
        _work = work;
        _details = details;
        _progress = progress;
        _handlers = HandlerRegistry.Create(options);
    }

    /// <summary>Compares the two inputs and returns all that a renderer needs.</summary>
    /// <exception cref="FirmwareFormatException">An input cannot be read at all; names file, format and offset.</exception>
    /// <exception cref="IOException">An input or the storage failed.</exception>
    public async Task<ReportContents> RunAsync(InputOptions inputs, CancellationToken cancellationToken)
    {
        BlockCache.Default.LimitBytes = _options.Budget.BlockCacheBytes;
        var startedAt = DateTimeOffset.UtcNow;
        var started = Stopwatch.GetTimestamp();
        _progress?.Report(new DiffProgress("inspect", 0, 0, 0, 0));
        using var old = FirmwareInput.Open(_options.OldPath, inputs);
        using var @new = FirmwareInput.Open(_options.NewPath, inputs);
        FirmwareInput.Pair(old, @new);
        Record("inspect", started, 0, 0);

        var planning = Stopwatch.GetTimestamp();
        var caches = new CachePairs(old, @new);
        var shards = Plan(old, @new, caches, cancellationToken);
        Record("plan", planning, shards.Sum(shard => shard.Items), 0);

        var results = await CompareAsync(new ShardRunner(old, @new, _handlers, _work, _details, caches), shards, cancellationToken).ConfigureAwait(false);
        RequireSomethingRead(results);

        _progress?.Report(new DiffProgress("merge", 0, 0, shards.Count, shards.Count));
        var merging = Stopwatch.GetTimestamp();
        var items = await MergedItems.CreateAsync(
            _work, results, _handlers.Where(handler => handler.RecognisesMoves).Select(handler => handler.Name), cancellationToken).ConfigureAwait(false);
        Record("merge", merging, 0, 0);

        var head = new Report
        {
            Tool = new ToolInfo("ipswdiff", typeof(DiffRun).Assembly.GetName().Version!.ToString(3)),
            Title = _options.Title ?? Title(old.Info, @new.Info),
            Old = old.Info,
            New = @new.Info,
            Options = OptionsInfo(),
            Run = new RunInfo
            {
                StartedAt = startedAt,
                DurationSeconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 3),
                PeakWorkingSetBytes = ProcessMemory.PeakBytes(),
                Shards = shards.Count,
                Skipped = new SortedDictionary<string, long>(_skipped, StringComparer.Ordinal),
                Activities = _activities,
            },
            Sections = [.. _handlers.Select(handler => SectionOf(handler, items, results, @new))],
        };
        return new ReportContents(head, items, _details ?? _work);
    }

    private IReadOnlyList<ShardSpec> Plan(FirmwareInput old, FirmwareInput @new, CachePairs caches, CancellationToken cancellationToken)
    {
        _progress?.Report(new DiffProgress("plan", 0, 0, 0, 0));
        var planner = new ShardPlanner(Math.Min(_options.ShardBytes, _options.Budget.WorkerBytes), ShardItems);
        if (@new.SingleFile is { } file)
        {
            planner.AddWhole(PassKind.SingleFile, 1, old.SingleFile!.Entry.Size + file.Entry.Size);
        }

        if (old.Members.Count + @new.Members.Count > 0 && _handlers.OfType<IMemberHandler>().Any())
        {
            planner.AddMembers(old.Members, @new.Members);
        }

        if (_handlers.OfType<IFileHandler>().Any())
        {
            PlanVolumes(planner, old, @new, cancellationToken);
        }

        if (_handlers.OfType<IImageHandler>().Any())
        {
            PlanCaches(planner, old, @new, caches, cancellationToken);
        }

        return planner.Shards;
    }

    private void PlanVolumes(ShardPlanner planner, FirmwareInput old, FirmwareInput @new, CancellationToken cancellationToken)
    {
        foreach (var label in old.Volumes.Concat(@new.Volumes).Select(volume => volume.Label).Distinct(StringComparer.Ordinal))
        {
            var before = old.FindVolume(label);
            var after = @new.FindVolume(label);
            if (HaveSameDigest(before, after))
            {
                _skipped[VolumeDigest] = _skipped.GetValueOrDefault(VolumeDigest) + 1;
                continue;
            }

            try
            {
                planner.AddVolume(label, before, after, cancellationToken);
            }
            catch (FirmwareFormatException fault)
            {
                // The other volumes are still worth comparing; the sections say what they lack.
                _volumeFaults.Add($"{label}: {fault.Message}");
            }
        }
    }

    private void PlanCaches(ShardPlanner planner, FirmwareInput old, FirmwareInput @new, CachePairs caches, CancellationToken cancellationToken)
    {
        var (before, after) = (old.CacheVolumes.ToArray(), @new.CacheVolumes.ToArray());
        if (before.Length == 1 && after.Length == 1 && HaveSameDigest(before[0], after[0]))
        {
            _skipped.TryAdd(VolumeDigest, 1);
            _areCacheVolumesSame = true;
            return;
        }

        IReadOnlyList<string> labels = [];
        try
        {
            labels = caches.Labels();
        }
        catch (FirmwareFormatException fault)
        {
            _cacheFaults.Add(fault.Message);
        }

        foreach (var label in labels)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var pair = caches.Open(label);
                planner.AddCache(pair, _options.Exhaustive);
                _containers.Add(pair.Info);
            }
            catch (FirmwareFormatException fault)
            {
                _cacheFaults.Add(fault.Message);
            }
        }
    }

    private bool HaveSameDigest(InputVolume? old, InputVolume? @new) => !_options.Exhaustive && old?.Digest is { } digest && digest == @new?.Digest;

    private async Task<IReadOnlyList<ShardResult>> CompareAsync(
        ShardRunner runner, IReadOnlyList<ShardSpec> shards, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var results = new ConcurrentBag<ShardResult>();
        var total = shards.Sum(shard => shard.EstimatedBytes);
        long done = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = _options.Budget.Parallelism, CancellationToken = cancellationToken };
        _progress?.Report(new DiffProgress("diff", 0, total, 0, shards.Count));
        await Parallel.ForEachAsync(shards, options, async (shard, token) =>
        {
            var result = await runner.RunAsync(shard, token).ConfigureAwait(false);
            results.Add(result);
            foreach (var (proof, count) in result.Identical)
            {
                _skipped.AddOrUpdate(proof, count, (_, sum) => sum + count);
            }

            _progress?.Report(new DiffProgress("diff", Interlocked.Add(ref done, shard.EstimatedBytes), total, results.Count, shards.Count));
        }).ConfigureAwait(false);
        Record("diff", started, shards.Sum(shard => shard.Items), total);
        return [.. results.OrderBy(result => result.Shard.Number)];
    }

    // When no volume at all could be read there is no report worth writing: the first fault is the answer.
    private void RequireSomethingRead(IReadOnlyList<ShardResult> results)
    {
        var faults = _volumeFaults.Concat(_cacheFaults).Concat(results.Select(result => result.Fault).OfType<string>()).ToArray();
        if (faults.Length > 0 && !results.Any(result => result is { Fault: null, Shard.Pass: not PassKind.Members }))
        {
            throw new DiffFailedException(faults[0]);
        }
    }

    private Section SectionOf(IDiffHandler handler, MergedItems items, IReadOnlyList<ShardResult> results, FirmwareInput @new)
    {
        var counts = items.Count(handler.Name);
        var reasons = new List<string>();
        var state = SectionState.Complete;
        if (handler is IFileHandler)
        {
            reasons.AddRange(_volumeFaults);
        }

        if (handler is IImageHandler)
        {
            reasons.AddRange(_cacheFaults);
        }

        reasons.AddRange(results.Where(result => result.Fault is not null && Concerns(result.Shard.Pass, handler)).Select(result => result.Fault!));
        if (counts.GetValueOrDefault(ItemGroup.Unreadable) is > 0 and var unreadable)
        {
            reasons.Add($"{unreadable} item(s) could not be read; each is listed with its reason");
        }

        if (reasons.Count > 0)
        {
            state = SectionState.Incomplete;
        }
        else if (!results.Any(result => Concerns(result.Shard.Pass, handler)))
        {
            state = SectionState.Skipped;
            reasons.Add(handler is IImageHandler
                ? _areCacheVolumesSame
                ? "the volumes that shared caches lie on have the same digest on both sides and were not searched"
                : "there is no shared cache"
                : _skipped.ContainsKey(VolumeDigest)
                ? "every volume has the same digest on both sides"
                : $"a {@new.Info.Kind} holds nothing for this handler");
        }

        return new Section
        {
            Handler = handler.Name,
            State = state,
            Reason = reasons.Count == 0 ? null : string.Join("; ", reasons),
            DurationSeconds = results.Sum(result => result.Seconds.GetValueOrDefault(handler.Name)),
            Counts = counts,
            Facts = [.. results.SelectMany(result => result.Facts.GetValueOrDefault(handler.Name) ?? []).OrderBy(fact => fact.Name, StringComparer.Ordinal).ThenBy(fact => fact.Container, StringComparer.Ordinal)],
            Containers = handler is IImageHandler ? _containers : [],
        };
    }

    private static bool Concerns(PassKind pass, IDiffHandler handler) => pass switch
    {
        PassKind.Members => handler is IMemberHandler,
        PassKind.SharedCache => handler is IImageHandler,
        PassKind.SingleFile => handler is IFileHandler { NeedsFileSystem: false },
        _ => handler is IFileHandler,
    };

    private void Record(string activity, long since, long items, long bytes) => _activities.Add(new ActivityInfo(
        activity, Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds, 3), items, bytes, ProcessMemory.PeakBytes()));

    private OptionsInfo OptionsInfo() => new()
    {
        Handlers = [.. _handlers.Select(handler => handler.Name)],
        Strings = _options.Strings,
        Functions = _options.Functions,
        Exhaustive = _options.Exhaustive,
        AllowList = _options.AllowList,
        BlockList = _options.BlockList,
        MemoryLimitBytes = _options.Budget.LimitBytes,
        Parallelism = _options.Budget.Parallelism,
    };

    private static string Title(FirmwareInfo old, FirmwareInfo @new)
    {
        static string Name(FirmwareInfo side) => side.Version is null ? Path.GetFileName(side.Path.TrimEnd('/')) : $"{side.Version} ({side.Build})";
        return $"{Name(old)} .vs {Name(@new)}";
    }
}
