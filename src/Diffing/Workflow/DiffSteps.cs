namespace IpswDiff.Diffing.Workflow;

/// <summary>The activities of a run, by name and form.</summary>
public static class DiffSteps
{
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
