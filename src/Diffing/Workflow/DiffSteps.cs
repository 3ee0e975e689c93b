using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Diffing.Workflow;

/// <summary>The activities of a run, by name and form.</summary>
public static class DiffSteps
{
    /// <summary>Reads what the run is asked for.</summary>
    public static WorkflowActivity<RunReference, RequestOutcome> Begin { get; } =
        new("Begin", WorkflowJson.Compact.RunReference, WorkflowJson.Compact.RequestOutcome, ActivityRetry.Default);

    /// <summary>Finds out what of a firmware the run needs and has not been unpacked, and cuts it into ranges.</summary>
    public static WorkflowActivity<SideReference, OutlineOutcome> Outline { get; } =
        new("Outline", WorkflowJson.Compact.SideReference, WorkflowJson.Compact.OutlineOutcome, ActivityRetry.Default);

    /// <summary>Unpacks one range of a firmware's files into storage.</summary>
    public static WorkflowActivity<RangeReference, ShardOutcome> Unpack { get; } =
        new("Unpack", WorkflowJson.Compact.RangeReference, WorkflowJson.Compact.ShardOutcome, ActivityRetry.Default);

    /// <summary>Makes the unpacked parts of a firmware whole.</summary>
    public static WorkflowActivity<SealInput, RunReference> Seal { get; } =
        new("Seal", WorkflowJson.Compact.SealInput, WorkflowJson.Compact.RunReference, ActivityRetry.Default);

    /// <summary>Opens both firmwares and cuts the work into shards; the plan lies with the run's artifacts.</summary>
    public static WorkflowActivity<RunReference, PlanOutcome> Plan { get; } =
        new("Plan", WorkflowJson.Compact.RunReference, WorkflowJson.Compact.PlanOutcome, ActivityRetry.Default);

    /// <summary>Compares one shard for every handler that it concerns.</summary>
    public static WorkflowActivity<ShardReference, ShardOutcome> Compare { get; } =
        new("Compare", WorkflowJson.Compact.ShardReference, WorkflowJson.Compact.ShardOutcome, ActivityRetry.Default);

    /// <summary>Makes the head of the report from the plan and the shards' results.</summary>
    public static WorkflowActivity<MergeInput, RunOutcome> Merge { get; } =
        new("Merge", WorkflowJson.Compact.MergeInput, WorkflowJson.Compact.RunOutcome, ActivityRetry.Default);

    /// <summary>Writes the report in every format that was asked for.</summary>
    public static WorkflowActivity<RunReference, RunReference> Publish { get; } =
        new("Publish", WorkflowJson.Compact.RunReference, WorkflowJson.Compact.RunReference, ActivityRetry.Default);
}
