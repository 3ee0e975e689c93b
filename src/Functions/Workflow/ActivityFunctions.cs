using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using Microsoft.Azure.Functions.Worker;

namespace IpswDiff.Functions.Workflow;

/// <summary>The activities of the workflow, each a function of the same name.</summary>
/// <param name="activities">The activities, shared by all runs that this instance works for.</param>
public sealed class ActivityFunctions(DiffActivities activities)
{
    /// <summary><see cref="DiffSteps.Begin"/>.</summary>
    [Function("Begin")]
    public Task<RequestOutcome> BeginAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken) => activities.BeginAsync(run, cancellationToken);

    /// <summary><see cref="DiffSteps.Outline"/>.</summary>
    [Function("Outline")]
    public Task<OutlineOutcome> OutlineAsync([ActivityTrigger] SideReference side, CancellationToken cancellationToken) =>
        activities.OutlineAsync(side, cancellationToken);

    /// <summary><see cref="DiffSteps.Unpack"/>.</summary>
    [Function("Unpack")]
    public Task<ShardOutcome> UnpackAsync([ActivityTrigger] RangeReference range, CancellationToken cancellationToken) =>
        activities.UnpackAsync(range, cancellationToken);

    /// <summary><see cref="DiffSteps.Seal"/>.</summary>
    [Function("Seal")]
    public Task<RunReference> SealAsync([ActivityTrigger] SealInput input, CancellationToken cancellationToken) => activities.SealAsync(input, cancellationToken);

    /// <summary><see cref="DiffSteps.Plan"/>.</summary>
    [Function("Plan")]
    public Task<PlanOutcome> PlanAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken) => activities.PlanAsync(run, cancellationToken);

    /// <summary><see cref="DiffSteps.Compare"/>.</summary>
    [Function("Compare")]
    public Task<ShardOutcome> CompareAsync([ActivityTrigger] ShardReference shard, CancellationToken cancellationToken) =>
        activities.CompareAsync(shard, cancellationToken);

    /// <summary><see cref="DiffSteps.Merge"/>.</summary>
    [Function("Merge")]
    public Task<RunOutcome> MergeAsync([ActivityTrigger] MergeInput input, CancellationToken cancellationToken) => activities.MergeAsync(input, cancellationToken);

    /// <summary><see cref="DiffSteps.Publish"/>.</summary>
    [Function("Publish")]
    public Task<RunReference> PublishAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken) =>
        activities.PublishAsync(run, cancellationToken);
}
