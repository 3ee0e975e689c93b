using DurableTask.Core.History;
using Google.Protobuf;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Functions.Workflow;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.DurableTask.Worker.Grpc;
using Microsoft.Extensions.DependencyInjection;
using Protocol = Microsoft.DurableTask.Protobuf;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>
/// Orchestrations on the way that they take in a worker of Functions: the trigger's payload is a protobuf message with past and new events, the answer
/// one with actions. What a history recorded step by step has to come out again.
/// </summary>
public class WorkerPathTests
{
    [Theory]
    [InlineData(Orchestrations.Run)]
    [InlineData(Orchestrations.Row)]
    public async Task Schedules_at_every_step_what_was_recorded(string name)
    {
        var events = await ReplayTests.ReadAsync(name);
        var starts = Enumerable.Range(0, events.Count).Where(number => events[number] is OrchestratorStartedEvent).ToArray();
        Assert.True(starts.Length > 3);
        for (var step = 0; step < starts.Length; step++)
        {
            var end = step + 1 < starts.Length ? starts[step + 1] : events.Count;
            var recorded = events[starts[step]..end];
            var response = Run(name, events[..starts[step]], recorded.Where(one => Scheduled(one) is null));
            Assert.Equal(
                recorded.Select(one => Scheduled(one)).OfType<string>().Order(StringComparer.Ordinal),
                response.Actions.Select(action => Scheduled(action)).Order(StringComparer.Ordinal));
        }
    }

    private static Protocol.OrchestratorResponse Run(string name, IEnumerable<HistoryEvent> past, IEnumerable<HistoryEvent> @new)
    {
        var request = new Protocol.OrchestratorRequest { InstanceId = "run" };
        request.PastEvents.AddRange(past.Select(ProtobufUtils.ToHistoryEventProto));
        request.NewEvents.AddRange(@new.Where(one => one is not OrchestratorCompletedEvent).Select(ProtobufUtils.ToHistoryEventProto));
        var payload = Convert.ToBase64String(request.ToByteArray());
        using var services = new ServiceCollection().AddSingleton(WorkflowTasks.Shims).BuildServiceProvider();
        var answer = name == Orchestrations.Run
            ? GrpcOrchestrationRunner.LoadAndRun<object, RunOutcome>(payload, async (context, _) => await Orchestrations.RunAsync(context).ConfigureAwait(true), services)
            : GrpcOrchestrationRunner.LoadAndRun<ShardRow, RowOutcome>(payload, async (context, row) => await Orchestrations.RowAsync(context, row!).ConfigureAwait(true), services);
        return Protocol.OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(answer));
    }

    private static string? Scheduled(HistoryEvent recorded) => recorded switch
    {
        TaskScheduledEvent task => $"{task.EventId} task {task.Name}",
        SubOrchestrationInstanceCreatedEvent part => $"{part.EventId} part {part.Name} {part.InstanceId[^2..]}",
        TimerCreatedEvent timer => $"{timer.EventId} timer",
        ExecutionCompletedEvent end => $"end {end.OrchestrationStatus} {end.Result}",
        _ => null,
    };

    private static string Scheduled(Protocol.OrchestratorAction action) => action.OrchestratorActionTypeCase switch
    {
        Protocol.OrchestratorAction.OrchestratorActionTypeOneofCase.ScheduleTask => $"{action.Id} task {action.ScheduleTask.Name}",
        Protocol.OrchestratorAction.OrchestratorActionTypeOneofCase.CreateSubOrchestration =>
            $"{action.Id} part {action.CreateSubOrchestration.Name} {action.CreateSubOrchestration.InstanceId[^2..]}",
        Protocol.OrchestratorAction.OrchestratorActionTypeOneofCase.CreateTimer => $"{action.Id} timer",
        Protocol.OrchestratorAction.OrchestratorActionTypeOneofCase.CompleteOrchestration =>
            $"end {action.CompleteOrchestration.OrchestrationStatus} {action.CompleteOrchestration.Result}",
        _ => action.ToString(),
    };
}
