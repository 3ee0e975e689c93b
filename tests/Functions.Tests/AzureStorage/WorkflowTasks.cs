using DurableTask.Core;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Functions.Runs;
using IpswDiff.Functions.Workflow;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>The app's orchestrations and activities as the engine takes them, with the app's own JSON.</summary>
public static class WorkflowTasks
{
    private static readonly DurableTaskShimFactory s_factory = new(new DurableTaskWorkerOptions { DataConverter = Converter! });

    /// <summary>What turns inputs and results into JSON.</summary>
    public static JsonDataConverter Converter { get; } = new(Composition.Json);

    /// <summary>The orchestrations.</summary>
    public static ObjectCreator<TaskOrchestration>[] Orchestrators { get; } =
    [
        new Creator<TaskOrchestration>(
            Orchestrations.Run,
            () => s_factory.CreateOrchestration<object, RunOutcome>(Orchestrations.Run, async (context, _) => await Orchestrations.RunAsync(context).ConfigureAwait(true))),
        new Creator<TaskOrchestration>(
            Orchestrations.Row,
            () => s_factory.CreateOrchestration<ShardRow, RowOutcome>(Orchestrations.Row, async (context, row) => await Orchestrations.RowAsync(context, row!).ConfigureAwait(true))),
    ];

    /// <summary>The activities; <paramref name="compare"/> stands in for the one of that name.</summary>
    public static ObjectCreator<TaskActivity>[] Activities(ActivityFunctions functions, RunStates states, Func<ShardReference, Task<ShardOutcome>> compare) =>
    [
        Activity<RunReference, PlanOutcome>("Plan", run => functions.PlanAsync(run, CancellationToken.None)),
        Activity("Compare", compare),
        Activity<MergeInput, RunOutcome>("Merge", input => functions.MergeAsync(input, CancellationToken.None)),
        Activity<RunReference, RunReference>("Publish", run => functions.PublishAsync(run, CancellationToken.None)),
        Activity<RunReference, RunReference>(RunStates.Started, run => states.StartedAsync(run, CancellationToken.None)),
        Activity<RunEnd, RunReference>(RunStates.Ended, end => states.EndedAsync(end, CancellationToken.None)),
    ];

    private static Creator<TaskActivity> Activity<TInput, TResult>(string name, Func<TInput, Task<TResult>> activity) =>
        new(name, () => s_factory.CreateActivity<TInput, TResult>(name, async (_, input) => await activity(input!)));

    private sealed class Creator<T> : ObjectCreator<T>
    {
        private readonly Func<T> _create;

        public Creator(string name, Func<T> create)
        {
            Name = name;
            Version = string.Empty;
            _create = create;
        }

        public override T Create() => _create();
    }
}
