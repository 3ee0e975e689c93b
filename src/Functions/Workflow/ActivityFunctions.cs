using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Functions.Runs;
using Microsoft.Azure.Functions.Worker;

namespace IpswDiff.Functions.Workflow;

/// <summary>The activities of the workflow, each a function of the same name. None begins for a run that has ended.</summary>
/// <param name="activities">The activities, shared by all runs that this instance works for.</param>
/// <param name="gate">Knows which runs go on.</param>
public sealed class ActivityFunctions(DiffActivities activities, RunGate gate)
{
    /// <summary><see cref="DiffSteps.Begin"/>.</summary>
    [Function("Begin")]
    public Task<RequestOutcome> BeginAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken) =>
        RunAsync(run, run?.RunId, activities.BeginAsync, cancellationToken);

    /// <summary><see cref="DiffSteps.Outline"/>.</summary>
    [Function("Outline")]
    public Task<OutlineOutcome> OutlineAsync([ActivityTrigger] SideReference side, CancellationToken cancellationToken) =>
        RunAsync(side, side?.RunId, activities.OutlineAsync, cancellationToken);

    /// <summary><see cref="DiffSteps.Unpack"/>.</summary>
    [Function("Unpack")]
    public Task<ShardOutcome> UnpackAsync([ActivityTrigger] RangeReference range, CancellationToken cancellationToken) =>
        RunAsync(range, range?.RunId, activities.UnpackAsync, cancellationToken);

    /// <summary><see cref="DiffSteps.Seal"/>.</summary>
    [Function("Seal")]
    public Task<RunReference> SealAsync([ActivityTrigger] SealInput input, CancellationToken cancellationToken) =>
        RunAsync(input, input?.RunId, activities.SealAsync, cancellationToken);

    /// <summary><see cref="DiffSteps.Plan"/>.</summary>
    [Function("Plan")]
    public Task<PlanOutcome> PlanAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken) =>
        RunAsync(run, run?.RunId, activities.PlanAsync, cancellationToken);

    /// <summary><see cref="DiffSteps.Compare"/>.</summary>
    [Function("Compare")]
    public Task<ShardOutcome> CompareAsync([ActivityTrigger] ShardReference shard, CancellationToken cancellationToken) =>
        RunAsync(shard, shard?.RunId, activities.CompareAsync, cancellationToken);

    /// <summary><see cref="DiffSteps.Merge"/>.</summary>
    [Function("Merge")]
    public Task<RunOutcome> MergeAsync([ActivityTrigger] MergeInput input, CancellationToken cancellationToken) =>
        RunAsync(input, input?.RunId, activities.MergeAsync, cancellationToken);

    /// <summary><see cref="DiffSteps.Publish"/>.</summary>
    [Function("Publish")]
    public Task<RunReference> PublishAsync([ActivityTrigger] RunReference run, CancellationToken cancellationToken) =>
        RunAsync(run, run?.RunId, activities.PublishAsync, cancellationToken);

    private async Task<TResult> RunAsync<TInput, TResult>(
        TInput? input, string? runId, Func<TInput, CancellationToken, Task<TResult>> activity, CancellationToken cancellationToken)
        where TInput : class
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(runId);
        await gate.PassAsync(runId, cancellationToken).ConfigureAwait(false);
        return await activity(input, cancellationToken).ConfigureAwait(false);
    }
}
