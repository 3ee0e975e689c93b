using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// The activities of a run, each declared here and nowhere else: its name is the property's, and with it are what
/// travels and what is done. Engines and function apps ask for no more.
/// </summary>
public static class DiffSteps
{
    /// <summary>Reads what the run is asked for.</summary>
    public static WorkflowActivity<RunReference, RequestOutcome> Begin { get; } = new(
        nameof(Begin),
        WorkflowJson.Compact.RunReference,
        WorkflowJson.Compact.RequestOutcome,
        static (activities, input, token) => activities.BeginAsync(input, token));

    /// <summary>
    /// Finds out what of a firmware the run needs and has not been unpacked, and cuts it into ranges.
    /// </summary>
    public static WorkflowActivity<SideReference, OutlineOutcome> Outline { get; } = new(
        nameof(Outline),
        WorkflowJson.Compact.SideReference,
        WorkflowJson.Compact.OutlineOutcome,
        static (activities, input, token) => activities.OutlineAsync(input, token));

    /// <summary>Unpacks one range of a firmware's files into storage.</summary>
    public static WorkflowActivity<RangeReference, ShardOutcome> Unpack { get; } = new(
        nameof(Unpack),
        WorkflowJson.Compact.RangeReference,
        WorkflowJson.Compact.ShardOutcome,
        static (activities, input, token) => activities.UnpackAsync(input, token));

    /// <summary>Makes the unpacked parts of a firmware whole.</summary>
    public static WorkflowActivity<SealInput, RunReference> Seal { get; } = new(
        nameof(Seal),
        WorkflowJson.Compact.SealInput,
        WorkflowJson.Compact.RunReference,
        static (activities, input, token) => activities.SealAsync(input, token));

    /// <summary>Opens both firmwares and cuts the work into shards; the plan lies with the run's artifacts.</summary>
    public static WorkflowActivity<RunReference, PlanOutcome> Plan { get; } = new(
        nameof(Plan),
        WorkflowJson.Compact.RunReference,
        WorkflowJson.Compact.PlanOutcome,
        static (activities, input, token) => activities.PlanAsync(input, token));

    /// <summary>Compares one shard for every handler that it concerns.</summary>
    public static WorkflowActivity<ShardReference, ShardOutcome> Compare { get; } = new(
        nameof(Compare),
        WorkflowJson.Compact.ShardReference,
        WorkflowJson.Compact.ShardOutcome,
        static (activities, input, token) => activities.CompareAsync(input, token));

    /// <summary>Makes the head of the report from the plan and the shards' results.</summary>
    public static WorkflowActivity<MergeInput, RunOutcome> Merge { get; } = new(
        nameof(Merge),
        WorkflowJson.Compact.MergeInput,
        WorkflowJson.Compact.RunOutcome,
        static (activities, input, token) => activities.MergeAsync(input, token));

    /// <summary>Writes the report in every format that was asked for.</summary>
    public static WorkflowActivity<RunReference, RunReference> Publish { get; } = new(
        nameof(Publish),
        WorkflowJson.Compact.RunReference,
        WorkflowJson.Compact.RunReference,
        static (activities, input, token) => activities.PublishAsync(input, token));

    /// <summary>All of them, in the order in which a run comes to them.</summary>
    public static IReadOnlyList<WorkflowActivity> All { get; } = [Begin, Outline, Unpack, Seal, Plan, Compare, Merge, Publish];
}
