using System.Globalization;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Functions.Runs;
using Microsoft.DurableTask;

namespace IpswDiff.Functions.Workflow;

/// <summary>
/// The workflow's port over Durable Functions: activities, parts as sub-orchestrations, status. Only what replays.
/// </summary>
/// <param name="context">The orchestration.</param>
/// <param name="runId">The run; a part has another instance id than the run it belongs to.</param>
public sealed class DurableWorkflowContext(TaskOrchestrationContext context, string runId) : IWorkflowContext
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private int _parts;

    /// <inheritdoc/>
    public string RunId => runId;

    /// <summary>
    /// What the instance ids of a run's parts begin with: they are found by it, because not every backend knows whose
    /// parts they are.
    /// </summary>
    public static string PartPrefix(string runId) => runId + ".";

    /// <inheritdoc/>
    public DateTimeOffset Now => new(context.CurrentUtcDateTime, TimeSpan.Zero);

    /// <inheritdoc/>
    public async Task<TResult> CallAsync<TInput, TResult>(WorkflowActivity<TInput, TResult> activity, TInput input)
        where TInput : class, IActivityInput
    {
        ArgumentNullException.ThrowIfNull(activity);

        // Whatever goes wrong is tried again: besides storage that may be a worker that was killed, or out of time, in
        // mid-activity. Only a run that has ended does not begin again.
        var retry = new RetryPolicy(activity.Retry.Attempts, activity.Retry.FirstDelay, backoffCoefficient: 2, maxRetryInterval: LongestDelay)
        {
            HandleFailure = failure => failure.ErrorType != typeof(RunEndedException).FullName,
        };
        try
        {
            return await context.CallActivityAsync<TResult>(activity.Name, input, TaskOptions.FromRetryPolicy(retry)).ConfigureAwait(true);
        }
        catch (TaskFailedException fault)
        {
            throw new ActivityFailedException(activity.Name, fault.FailureDetails.ErrorMessage, fault);
        }
    }

    /// <inheritdoc/>
    public async Task<TResult> CallPartAsync<TInput, TResult>(WorkflowPart<TInput, TResult> part, TInput input)
    {
        ArgumentNullException.ThrowIfNull(part);
        var options = new SubOrchestrationOptions(instanceId: PartId(runId, _parts++));
        try
        {
            return await context.CallSubOrchestratorAsync<TResult>(part.Name, input, options).ConfigureAwait(true);
        }
        catch (TaskFailedException fault)
        {
            throw new ActivityFailedException(part.Name, fault.FailureDetails.ErrorMessage, fault);
        }
    }

    /// <summary>How far the run was when it last said so.</summary>
    public DiffProgress? Progress { get; private set; }

    /// <inheritdoc/>
    public void SetStatus(DiffProgress status)
    {
        Progress = status;
        context.SetCustomStatus(status);
    }

    private static string PartId(string runId, int number) => PartPrefix(runId) + number.ToString(CultureInfo.InvariantCulture);
}
