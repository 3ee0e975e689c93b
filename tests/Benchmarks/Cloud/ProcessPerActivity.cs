using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Benchmarks.Cloud;

/// <summary>The workflow with every activity in a process of its own, which is what an instance with nothing kept from before does.</summary>
/// <param name="runId">The run.</param>
/// <param name="store">The folder or connection string of the store.</param>
internal sealed class ProcessPerActivity(string runId, string store) : IWorkflowContext
{
    private readonly ConcurrentQueue<(string Activity, ActivityCost Cost)> _costs = [];

    /// <summary>What each activity cost so far.</summary>
    public IReadOnlyCollection<(string Activity, ActivityCost Cost)> Costs => _costs;

    public string RunId => runId;

    public DateTimeOffset Now => DateTimeOffset.UtcNow;

    public async Task<TResult> CallAsync<TInput, TResult>(WorkflowActivity<TInput, TResult> activity, TInput input)
        where TInput : class, IActivityInput
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(Environment.ProcessPath!, [ActivityProcess.Name, activity.Name, JsonSerializer.Serialize(input, activity.Input)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.StartInfo.Environment[ActivityProcess.StoreVariable] = store;
        process.Start();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{activity.Name} ended with {process.ExitCode}: {await error}");
        }

        var cost = JsonSerializer.Deserialize<ActivityCost>(output)!;
        _costs.Enqueue((activity.Name, cost));
        return JsonSerializer.Deserialize(cost.Result, activity.Result)!;
    }

    public Task<TResult> CallPartAsync<TInput, TResult>(WorkflowPart<TInput, TResult> part, TInput input) => part.Body(this, input);

    public void SetStatus(DiffProgress status)
    {
        // Nobody watches.
    }
}
