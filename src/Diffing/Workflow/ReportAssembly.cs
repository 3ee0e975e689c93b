using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Passes;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Workflow.Messages;

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
        var faults = plan.Faults.Select(fault => fault.Text)
            .Concat(results.Select(result => result.Fault).OfType<string>())
            .Concat(failed.Select(shard => shard.Failure!))
            .ToArray();
        return faults.Length > 0 && !results.Any(result => result.Fault is null) ? faults[0] : null;
    }

    /// <summary>The head.</summary>
    /// <param name="items">The items, for their counts.</param>
    /// <param name="run">How the run went; what shards and volumes were left out is added here.</param>
    public Report Head(MergedLists items, RunInfo run)
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

    private Section SectionOf(IDiffHandler handler, MergedLists items)
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
        else if (!results.Any(result => Pass.Of(result.Shard.Pass).Concerns(handler)))
        {
            state = SectionState.Skipped;
            reasons.Add(NothingFor(handler));
        }
        else if (handler.Section.Subject is { } subject && counts.Count == 0 && !results.Any(result => result.Examined.GetValueOrDefault(handler.Name) > 0))
        {
            state = SectionState.Skipped;
            reasons.Add($"{Pass.For(handler).Last(pass => pass.Place is not null).Place} hold no {subject}");
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

    private IEnumerable<string> FaultsOf(IDiffHandler handler) => plan.Faults
        .Where(fault => Pass.Of(fault.Pass).Concerns(handler)).Select(fault => fault.Text)
        .Concat(results.Where(result => result.Fault is not null && Pass.Of(result.Shard.Pass).Concerns(handler)).Select(result => result.Fault!))
        .Concat(failed.Where(shard => Pass.Of(plan.Shards[shard.Number].Pass).Concerns(handler))
            .Select(shard => $"shard {shard.Number}: {shard.Failure}"));

    private string NothingFor(IDiffHandler handler) =>
        plan.Empty.LastOrDefault(remark => Pass.Of(remark.Pass).Concerns(handler))?.Text
            ?? $"a {plan.New.Kind} holds nothing for this handler";

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
