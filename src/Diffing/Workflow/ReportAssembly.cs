using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Handlers.Kdk;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Passes;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Workflow;

/// <summary>Makes the head of a report from a plan and the results of its shards.</summary>
/// <param name="options">What was asked for.</param>
/// <param name="handlers">The handlers that ran.</param>
/// <param name="plan">The plan.</param>
/// <param name="results">The results there are.</param>
/// <param name="failed">Shards that could not be compared.</param>
internal sealed class ReportAssembly(
    DiffOptions options, IReadOnlyList<IDiffHandler> handlers, DiffPlan plan, IReadOnlyList<ShardResult> results, IReadOnlyList<ShardOutcome> failed)
{
    /// <summary>
    /// Why there is no report worth writing, or null: when nothing at all could be read, the first fault is the answer.
    /// </summary>
    public string? Failure()
    {
        var faults = plan.VolumeFaults.Concat(plan.CacheFaults)
            .Concat(results.Select(result => result.Fault).OfType<string>())
            .Concat(failed.Select(shard => shard.Failure!))
            .ToArray();
        return faults.Length > 0 && !results.Any(result => result is { Fault: null, Shard.Pass: not PassKind.Members }) ? faults[0] : null;
    }

    /// <summary>The head.</summary>
    /// <param name="items">The items, for their counts.</param>
    /// <param name="run">How the run went; what shards and volumes were left out is added here.</param>
    public Report Head(MergedItems items, RunInfo run)
    {
        var skipped = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (proof, count) in results.SelectMany(result => result.Identical).Concat(plan.Skipped))
        {
            skipped[proof] = skipped.GetValueOrDefault(proof) + count;
        }

        return new Report
        {
            Tool = new ToolInfo("ipswdiff", typeof(ReportAssembly).Assembly.GetName().Version!.ToString(3)),
            Title = options.Title ?? Title(plan.Old, plan.New),
            Old = plan.Old,
            New = plan.New,
            Options = OptionsInfo(),
            Run = run with { Shards = plan.Shards.Count, Skipped = skipped },
            Sections = [.. handlers.Select(handler => SectionOf(handler, items))],
        };
    }

    private Section SectionOf(IDiffHandler handler, MergedItems items)
    {
        var counts = items.Count(handler.Name);
        var reasons = FaultsOf(handler).ToList();
        if (counts.GetValueOrDefault(ItemGroup.Unreadable) is > 0 and var unreadable)
        {
            reasons.Add($"{Amount.Of(unreadable, "item", "items")} could not be read; {(unreadable == 1 ? "it" : "each")} is listed with its reason");
        }

        var state = SectionState.Complete;
        if (reasons.Count > 0)
        {
            state = SectionState.Incomplete;
        }
        else if (!results.Any(result => Concerns(result.Shard.Pass, handler)))
        {
            state = SectionState.Skipped;
            reasons.Add(NothingFor(handler));
        }
        else if (handler.Subject is { } subject && counts.Count == 0 && !results.Any(result => result.Examined.GetValueOrDefault(handler.Name) > 0))
        {
            state = SectionState.Skipped;
            reasons.Add($"{(handler is IMemberHandler and not IFileHandler ? "the archives" : "the volumes that were compared")} hold no {subject}");
        }

        return new Section
        {
            Handler = handler.Name,
            State = state,
            Reason = reasons.Count == 0 ? null : string.Join("; ", reasons),
            DurationSeconds = results.Sum(result => result.Seconds.GetValueOrDefault(handler.Name)),
            Counts = counts,
            Facts = [.. results.SelectMany(result => result.Facts.GetValueOrDefault(handler.Name) ?? []).OrderBy(fact => fact.Name, StringComparer.Ordinal).ThenBy(fact => fact.Container, StringComparer.Ordinal)],
            Containers = handler is IImageHandler ? plan.Containers : [],
        };
    }

    private IEnumerable<string> FaultsOf(IDiffHandler handler)
    {
        IEnumerable<string> faults = handler is IFileHandler ? plan.VolumeFaults : [];
        faults = handler is IImageHandler ? faults.Concat(plan.CacheFaults) : faults;
        return faults
            .Concat(results.Where(result => result.Fault is not null && Concerns(result.Shard.Pass, handler)).Select(result => result.Fault!))
            .Concat(failed.Where(shard => Concerns(plan.Shards[shard.Number].Pass, handler)).Select(shard => $"shard {shard.Number}: {shard.Failure}"));
    }

    private string NothingFor(IDiffHandler handler) => handler is KdkHandler
        ? "no Kernel Debug Kits were named (--kdk OLD NEW)"
        : handler is IImageHandler
        ? plan.CacheVolumesAreSame
            ? "the volumes that shared caches lie on have the same digest on both sides and were not searched"
            : "there is no shared cache"
        : handler is IKernelcacheHandler
        ? plan.Skipped.ContainsKey(DiffPlanner.KernelcacheDigest) ? "every kernelcache has the same digest on both sides" : "there is no kernelcache"
        : plan.Skipped.ContainsKey(DiffPlanner.VolumeDigest)
            ? "every volume has the same digest on both sides"
            : $"a {plan.New.Kind} holds nothing for this handler";

    private static bool Concerns(PassKind pass, IDiffHandler handler) => pass switch
    {
        PassKind.Members => handler is IMemberHandler,
        PassKind.SharedCache => handler is IImageHandler,
        PassKind.Kernelcache => handler is IKernelcacheHandler,
        PassKind.Kdk => handler is KdkHandler,
        PassKind.SingleFile => handler is IFileHandler { NeedsFileSystem: false },
        _ => handler is IFileHandler,
    };

    private OptionsInfo OptionsInfo() => new()
    {
        Handlers = [.. handlers.Select(handler => handler.Name)],
        Strings = options.Strings,
        Functions = options.Functions,
        Exhaustive = options.Exhaustive,
        AllowList = options.AllowList,
        BlockList = options.BlockList,
        KdkOld = options.KdkOld,
        KdkNew = options.KdkNew,
        Locales = options.Locales,
        MemoryLimitBytes = options.Budget.LimitBytes,
        Parallelism = options.Budget.Parallelism,
    };

    private static string Title(FirmwareInfo old, FirmwareInfo @new)
    {
        static string Name(FirmwareInfo side) => side.Version is null ? Path.GetFileName(side.Path.TrimEnd('/')) : $"{side.Version} ({side.Build})";
        return $"{Name(old)} .vs {Name(@new)}";
    }
}
