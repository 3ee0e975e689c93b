using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Functions.Firmwares;
using IpswDiff.Functions.Runs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace IpswDiff.Functions.Workflow;

/// <summary>The orchestrations: the shared workflow, and what the catalogue is told about it.</summary>
public static class Orchestrations
{
    /// <summary>A whole run; its instance id is the run's name.</summary>
    public const string Run = "RunDiff";

    /// <summary>A row of shards, with a history of its own.</summary>
    public const string Row = nameof(DiffWorkflow.CompareRow);

    /// <summary>A row of ranges to unpack, with a history of its own.</summary>
    public const string Unpacking = nameof(DiffWorkflow.UnpackRow);

    /// <summary>Runs the comparison whose request lies with the artifacts of the run.</summary>
    [Function(Run)]
    public static async Task<RunOutcome> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var runId = context.InstanceId;
        var start = await context.CallActivityAsync<RunStart>(RunStates.Started, new RunReference(runId), RunStates.Retry).ConfigureAwait(true);
        var workflow = new DurableWorkflowContext(context, runId);
        RunOutcome outcome;
        try
        {
            outcome = start.Addresses is { Count: > 0 } addresses && await FirmwareFetch.RunAsync(context, addresses).ConfigureAwait(true) is { } refusal
                ? new RunOutcome(refusal, IsIncomplete: false, IsDifferent: false)
                : await DiffWorkflow.RunAsync(workflow).ConfigureAwait(true);
        }
        catch (ActivityFailedException failure)
        {
            outcome = new RunOutcome(failure.Message, IsIncomplete: false, IsDifferent: false);
        }

        await context.CallActivityAsync<RunReference>(RunStates.Ended, new RunEnd(runId, outcome, workflow.Progress), RunStates.Retry).ConfigureAwait(true);
        return outcome;
    }

    /// <summary>Unpacks a row of ranges.</summary>
    [Function(Unpacking)]
    public static Task<RowOutcome> UnpackAsync([OrchestrationTrigger] TaskOrchestrationContext context, UnpackRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return DiffWorkflow.UnpackRow.Body(new DurableWorkflowContext(context, row.Row.RunId), row);
    }

    /// <summary>Compares a row of shards.</summary>
    [Function(Row)]
    public static Task<RowOutcome> RowAsync([OrchestrationTrigger] TaskOrchestrationContext context, ShardRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return DiffWorkflow.CompareRow.Body(new DurableWorkflowContext(context, row.RunId), row);
    }
}
