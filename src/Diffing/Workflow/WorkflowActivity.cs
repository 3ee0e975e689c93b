using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Diffing.Workflow;

/// <summary>An activity, whatever travels to it and back.</summary>
/// <param name="name">The name under which engines know it.</param>
public abstract class WorkflowActivity(string name)
{
    /// <summary>The name under which engines know it.</summary>
    public string Name { get; } = name;

    /// <summary>When it is tried again.</summary>
    public ActivityRetry Retry { get; } = ActivityRetry.Default;

    /// <summary>Runs it on an input as it travels, and returns its result as that travels.</summary>
    /// <exception cref="JsonException">The input is none of this activity's.</exception>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public abstract Task<string> RunAsync(DiffActivities activities, string input, CancellationToken cancellationToken);
}

/// <summary>
/// An activity: its name, the forms in which its input and result travel, which are references and figures and never
/// data, and what it does.
/// </summary>
/// <param name="name">The name under which engines know it.</param>
/// <param name="input">How the input is written.</param>
/// <param name="result">How the result is written.</param>
/// <param name="body">What it does.</param>
public sealed class WorkflowActivity<TInput, TResult>(
    string name,
    JsonTypeInfo<TInput> input,
    JsonTypeInfo<TResult> result,
    Func<DiffActivities, TInput, CancellationToken, Task<TResult>> body) : WorkflowActivity(name)
    where TInput : class, IActivityInput
{
    /// <summary>How the input is written.</summary>
    public JsonTypeInfo<TInput> Input { get; } = input;

    /// <summary>How the result is written.</summary>
    public JsonTypeInfo<TResult> Result { get; } = result;

    /// <summary>Runs it.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public Task<TResult> RunAsync(DiffActivities activities, TInput input, CancellationToken cancellationToken) =>
        body(activities, input, cancellationToken);

    /// <inheritdoc/>
    public override async Task<string> RunAsync(DiffActivities activities, string input, CancellationToken cancellationToken)
    {
        var read = JsonSerializer.Deserialize(input, Input) ?? throw new JsonException($"the input of {Name} is null");
        return JsonSerializer.Serialize(await body(activities, read, cancellationToken).ConfigureAwait(false), Result);
    }
}

/// <summary>How long an activity may take before its run gives it up.</summary>
internal static class ActivityDeadline
{
    /// <summary>
    /// What every activity gets. The longest of a real pair, a shard of the largest shared cache, takes minutes.
    /// </summary>
    public static readonly TimeSpan Default = TimeSpan.FromHours(2);
}

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
    /// <summary>
    /// What every activity gets: storage that fails for a moment costs seconds, one that is gone costs half a minute.
    /// </summary>
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
