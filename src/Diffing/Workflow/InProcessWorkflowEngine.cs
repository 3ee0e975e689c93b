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
    // A cancelled activity stops at its next read; who computes without reading is not waited for any longer.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly ActivityRetry? _retry;
    private readonly TimeSpan _deadline;

    /// <summary>Prepares the engine.</summary>
    /// <param name="activities">The activities.</param>
    /// <param name="progress">Told how far runs are.</param>
    /// <param name="retry">When failed activities are tried again, instead of what they ask for themselves.</param>
    /// <param name="deadline">How long an activity may take, instead of <see cref="ActivityDeadline.Default"/>.</param>
    public InProcessWorkflowEngine(
        DiffActivities activities,
        IProgress<DiffProgress>? progress = null,
        ActivityRetry? retry = null,
        TimeSpan? deadline = null)
    {
        _deadline = deadline ?? ActivityDeadline.Default;
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
                    return await AttemptAsync(activity, input).ConfigureAwait(false);
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

        private async Task<TResult> AttemptAsync<TInput, TResult>(WorkflowActivity<TInput, TResult> activity, TInput input)
            where TInput : class, IActivityInput
        {
            var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(engine._deadline);
            var stop = limit.Token;
            var over = OverAsync(stop);
            var work = Task.Run(() => activity.RunAsync(engine._activities, input, stop), stop);

            // Who is given up still holds the token.
            _ = work.ContinueWith(
                static (ended, state) =>
                {
                    _ = ended.Exception;
                    ((CancellationTokenSource)state!).Dispose();
                },
                limit,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            try
            {
                var ended = await Task.WhenAny(work, over).ConfigureAwait(false) == work;
                return ended ? await work.ConfigureAwait(false) : throw new OperationCanceledException();
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ActivityFailedException(activity.Name, $"it did not end within {engine._deadline}");
            }
        }

        private static async Task OverAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(Grace, CancellationToken.None).ConfigureAwait(false);
        }

        public Task<TResult> CallPartAsync<TInput, TResult>(WorkflowPart<TInput, TResult> part, TInput input) => part.Body(this, input);

        public void SetStatus(DiffProgress status) => engine._progress?.Report(status);
    }
}
