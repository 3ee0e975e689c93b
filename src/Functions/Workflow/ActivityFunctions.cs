using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Functions.Runs;
using Microsoft.Azure.Functions.Worker;

namespace IpswDiff.Functions.Workflow;

/// <summary>
/// The activities of the workflow, each a function of the same name. None begins for a run that has ended.
/// </summary>
/// <param name="activities">The activities, shared by all runs that this instance works for.</param>
/// <param name="gate">Knows which runs go on.</param>
public sealed class ActivityFunctions(DiffActivities activities, RunGate gate)
{
    /// <summary><see cref="DiffSteps.Begin"/>.</summary>
    [Function(nameof(DiffSteps.Begin))]
    public Task<RequestOutcome> BeginAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken) =>
        RunAsync(DiffSteps.Begin, run, cancellationToken);

    /// <summary><see cref="DiffSteps.Outline"/>.</summary>
    [Function(nameof(DiffSteps.Outline))]
    public Task<OutlineOutcome> OutlineAsync([ActivityTrigger] SideReference side, CancellationToken cancellationToken) =>
        RunAsync(DiffSteps.Outline, side, cancellationToken);

    /// <summary><see cref="DiffSteps.Unpack"/>.</summary>
    [Function(nameof(DiffSteps.Unpack))]
    public Task<ShardOutcome> UnpackAsync([ActivityTrigger] RangeReference range, CancellationToken cancellationToken) =>
        RunAsync(DiffSteps.Unpack, range, cancellationToken);

    /// <summary><see cref="DiffSteps.Seal"/>.</summary>
    [Function(nameof(DiffSteps.Seal))]
    public Task<RunReference> SealAsync([ActivityTrigger] SealInput input, CancellationToken cancellationToken) =>
        RunAsync(DiffSteps.Seal, input, cancellationToken);

    /// <summary><see cref="DiffSteps.Plan"/>.</summary>
    [Function(nameof(DiffSteps.Plan))]
    public Task<PlanOutcome> PlanAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken) =>
        RunAsync(DiffSteps.Plan, run, cancellationToken);

    /// <summary><see cref="DiffSteps.Compare"/>.</summary>
    [Function(nameof(DiffSteps.Compare))]
    public Task<ShardOutcome> CompareAsync([ActivityTrigger] ShardReference shard, CancellationToken cancellationToken) =>
        RunAsync(DiffSteps.Compare, shard, cancellationToken);

    /// <summary><see cref="DiffSteps.Merge"/>.</summary>
    [Function(nameof(DiffSteps.Merge))]
    public Task<RunOutcome> MergeAsync([ActivityTrigger] MergeInput input, CancellationToken cancellationToken) =>
        RunAsync(DiffSteps.Merge, input, cancellationToken);

    /// <summary><see cref="DiffSteps.Publish"/>.</summary>
    [Function(nameof(DiffSteps.Publish))]
    public Task<RunReference> PublishAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken) =>
        RunAsync(DiffSteps.Publish, run, cancellationToken);

    private async Task<TResult> RunAsync<TInput, TResult>(
        WorkflowActivity<TInput, TResult> activity, TInput? input, CancellationToken cancellationToken)
        where TInput : class, IActivityInput
    {
        ArgumentNullException.ThrowIfNull(input);
        await gate.PassAsync(input.RunId, cancellationToken).ConfigureAwait(false);
        return await activity.RunAsync(activities, input, cancellationToken).ConfigureAwait(false);
    }
}
