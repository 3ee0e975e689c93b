using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// What a workflow may do besides calculate. Workflows are deterministic: everything that reads a clock, storage or
/// input is an activity behind this port, so that an engine may replay a workflow from the results it has recorded.
/// Tasks are awaited on the engine's own context: a workflow never leaves it (<c>ConfigureAwait(true)</c> throughout).
/// </summary>
public interface IWorkflowContext
{
    /// <summary>The run's name.</summary>
    string RunId { get; }

    /// <summary>The time, the same at every replay.</summary>
    DateTimeOffset Now { get; }

    /// <summary>Runs an activity, again after a while where it fails, as its retry policy says.</summary>
    /// <exception cref="ActivityFailedException">It failed at its last attempt as well.</exception>
    Task<TResult> CallAsync<TInput, TResult>(WorkflowActivity<TInput, TResult> activity, TInput input)
        where TInput : class, IActivityInput;

    /// <summary>
    /// Runs a part of a workflow with a history of its own, so that no history grows with the size of a firmware.
    /// </summary>
    /// <exception cref="ActivityFailedException">It failed.</exception>
    Task<TResult> CallPartAsync<TInput, TResult>(WorkflowPart<TInput, TResult> part, TInput input);

    /// <summary>Says how far the run is.</summary>
    void SetStatus(DiffProgress status);
}
