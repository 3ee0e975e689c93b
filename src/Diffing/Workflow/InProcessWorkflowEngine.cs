using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// Runs the workflow in this process: activities on the thread pool, as many at a time as the workflow asks for.
/// </summary>
public sealed class InProcessWorkflowEngine
{
    private readonly DiffActivities _activities;
    private readonly IProgress<DiffProgress>? _progress;
    private readonly ActivityRetry? _retry;

    /// <summary>Prepares the engine.</summary>
    /// <param name="activities">The activities.</param>
    /// <param name="progress">Told how far runs are.</param>
    /// <param name="retry">When failed activities are tried again, instead of what they ask for themselves.</param>
    public InProcessWorkflowEngine(DiffActivities activities, IProgress<DiffProgress>? progress = null, ActivityRetry? retry = null)
    {
        _activities = activities;
        _progress = progress;
        _retry = retry;
    }

    /// <summary>Runs the comparison whose request lies with the artifacts of <paramref name="runId"/>.</summary>
    /// <exception cref="ActivityFailedException">Storage failed for good; the run may be started again.</exception>
    /// <exception cref="ArgumentException">The request names a handler or a format that does not exist.</exception>
    public Task<RunOutcome> RunAsync(string runId, CancellationToken cancellationToken) =>
        DiffWorkflow.RunAsync(new Context(this, runId, cancellationToken));

    private sealed class Context(InProcessWorkflowEngine engine, string runId, CancellationToken cancellationToken) : IWorkflowContext
    {
        public string RunId => runId;

        public DateTimeOffset Now => DateTimeOffset.UtcNow;

        public async Task<TResult> CallAsync<TInput, TResult>(WorkflowActivity<TInput, TResult> activity, TInput input)
            where TInput : class, IActivityInput
        {
            var retry = engine._retry ?? activity.Retry;
            for (var attempt = 1; ; attempt++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    return await Task.Run(
                        () => activity.RunAsync(engine._activities, input, cancellationToken), cancellationToken).ConfigureAwait(false);
                }
                catch (IOException fault)
                {
                    // Storage may be back in a moment; what else goes wrong would go wrong again.
                    if (attempt >= retry.Attempts)
                    {
                        throw new ActivityFailedException(activity.Name, fault.Message, fault);
                    }
                }

                await Task.Delay(retry.FirstDelay * Math.Pow(2, attempt - 1), cancellationToken).ConfigureAwait(false);
            }
        }

        public Task<TResult> CallPartAsync<TInput, TResult>(WorkflowPart<TInput, TResult> part, TInput input) => part.Body(this, input);

        public void SetStatus(DiffProgress status) => engine._progress?.Report(status);
    }
}
