using DurableTask.Core;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Functions.Firmwares;
using IpswDiff.Functions.Runs;
using IpswDiff.Functions.Workflow;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>The app's orchestrations and activities as the engine takes them, with the app's own JSON.</summary>
public static class WorkflowTasks
{
    /// <summary>What turns inputs and results into JSON.</summary>
    public static JsonDataConverter Converter { get; } = new(Composition.Json);

    /// <summary>What makes tasks of functions, with that form of inputs and results.</summary>
    public static DurableTaskShimFactory Shims { get; } = new(new DurableTaskWorkerOptions { DataConverter = Converter });

    /// <summary>The orchestrations.</summary>
    public static ObjectCreator<TaskOrchestration>[] Orchestrators { get; } =
    [
        new Creator<TaskOrchestration>(
            Orchestrations.Run,
            () => Shims.CreateOrchestration<object, RunOutcome>(Orchestrations.Run, async (context, _) => await Orchestrations.RunAsync(context).ConfigureAwait(true))),
        new Creator<TaskOrchestration>(
            Orchestrations.Row,
            () => Shims.CreateOrchestration<ShardRow, RowOutcome>(Orchestrations.Row, async (context, row) => await Orchestrations.RowAsync(context, row!).ConfigureAwait(true))),
        new Creator<TaskOrchestration>(
            Orchestrations.Unpacking,
            () => Shims.CreateOrchestration<UnpackRow, RowOutcome>(Orchestrations.Unpacking, async (context, row) => await Orchestrations.UnpackAsync(context, row!).ConfigureAwait(true))),
    ];

    /// <summary>The activities; <paramref name="compare"/> stands in for the one of that name.</summary>
    public static ObjectCreator<TaskActivity>[] Activities(
        ActivityFunctions functions, FirmwareFetch fetch, RunStates states, Func<ShardReference, Task<ShardOutcome>> compare) =>
    [
        Activity(DiffSteps.Begin, functions.BeginAsync),
        Activity(DiffSteps.Outline, functions.OutlineAsync),
        Activity(DiffSteps.Unpack, functions.UnpackAsync),
        Activity(DiffSteps.Seal, functions.SealAsync),
        Activity(DiffSteps.Plan, functions.PlanAsync),
        Activity(DiffSteps.Compare.Name, compare),
        Activity(DiffSteps.Merge, functions.MergeAsync),
        Activity(DiffSteps.Publish, functions.PublishAsync),
        Activity<FetchInput, FetchOutcome>(FirmwareFetch.Activity, input => fetch.FetchAsync(input, CancellationToken.None)),
        Activity<RunReference, RunStart>(RunStates.Started, run => states.StartedAsync(run, CancellationToken.None)),
        Activity<RunEnd, RunReference>(RunStates.Ended, end => states.EndedAsync(end, CancellationToken.None)),
    ];

    private static Creator<TaskActivity> Activity<TInput, TResult>(
        WorkflowActivity<TInput, TResult> step, Func<TInput, CancellationToken, Task<TResult>> function)
        where TInput : class, IActivityInput =>
        Activity<TInput, TResult>(step.Name, input => function(input, CancellationToken.None));

    private static Creator<TaskActivity> Activity<TInput, TResult>(string name, Func<TInput, Task<TResult>> activity) =>
        new(name, () => Shims.CreateActivity<TInput, TResult>(name, async (_, input) => await activity(input!)));

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
