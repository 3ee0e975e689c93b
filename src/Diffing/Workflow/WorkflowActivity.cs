using System.Text.Json.Serialization.Metadata;

namespace IpswDiff.Diffing.Workflow;

/// <summary>An activity by name, with the forms in which its input and result travel: references and figures, never data.</summary>
/// <param name="Name">The name under which engines know it.</param>
/// <param name="Input">How the input is written.</param>
/// <param name="Result">How the result is written.</param>
/// <param name="Retry">When it is tried again.</param>
public sealed record WorkflowActivity<TInput, TResult>(
    string Name, JsonTypeInfo<TInput> Input, JsonTypeInfo<TResult> Result, ActivityRetry Retry);

/// <summary>A part of the workflow that an engine may run with a history of its own.</summary>
/// <param name="Name">The name under which engines know it.</param>
/// <param name="Input">How the input is written.</param>
/// <param name="Result">How the result is written.</param>
/// <param name="Body">The part itself, deterministic as the workflow is.</param>
public sealed record WorkflowPart<TInput, TResult>(
    string Name, JsonTypeInfo<TInput> Input, JsonTypeInfo<TResult> Result, Func<IWorkflowContext, TInput, Task<TResult>> Body);

/// <summary>When a failed activity is tried again.</summary>
/// <param name="Attempts">How often it is tried altogether, at least once.</param>
/// <param name="FirstDelay">The wait after the first failure; each further wait is twice as long.</param>
public sealed record ActivityRetry(int Attempts, TimeSpan FirstDelay)
{
    /// <summary>What every activity gets: storage that fails for a moment costs seconds, one that is gone costs half a minute.</summary>
    public static ActivityRetry Default { get; } = new(5, TimeSpan.FromSeconds(1));
}

/// <summary>An activity failed at every attempt.</summary>
/// <param name="activity">Its name.</param>
/// <param name="reason">What the last attempt said.</param>
/// <param name="inner">The last failure where it is at hand.</param>
public sealed class ActivityFailedException(string activity, string reason, Exception? inner = null) : Exception($"{activity}: {reason}", inner)
{
    /// <summary>The activity's name.</summary>
    public string Activity { get; } = activity;

    /// <summary>What the last attempt said.</summary>
    public string Reason { get; } = reason;
}
