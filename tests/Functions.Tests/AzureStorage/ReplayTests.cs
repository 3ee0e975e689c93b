using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using DurableTask.Core;
using DurableTask.Core.Command;
using DurableTask.Core.History;
using DurableTask.Core.Serializing;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Forge;
using IpswDiff.Functions.Workflow;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>
/// Histories of runs under the workflow as it is now. Where a test fails here, runs that go on during a deployment would fail: give the
/// orchestrations another version (host.json, <c>defaultVersion</c>) and record the histories again: run this class with
/// IPSWDIFF_RECORD_HISTORIES=1.
/// </summary>
public partial class ReplayTests(AzuriteFixture azurite)
{
    private const string RecordVariable = "IPSWDIFF_RECORD_HISTORIES";

    private static string Folder => Path.Combine(SampleFiles.RepositoryRoot, "tests", "Functions.Tests", "AzureStorage", "Histories");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Orchestrations.Run)]
    [InlineData(Orchestrations.Row)]
    public async Task Replays_a_recorded_history_to_its_end(string name) => AssertReplays(await ReadAsync(name), name);

    [Theory]
    [InlineData(Orchestrations.Run, nameof(DiffSteps.Merge))]
    [InlineData(Orchestrations.Row, nameof(DiffSteps.Compare))]
    public async Task Notices_a_history_of_another_workflow(string name, string activity)
    {
        var events = await ReadAsync(name);
        events.OfType<TaskScheduledEvent>().Last(scheduled => scheduled.Name == activity).Name = "Another";
        var end = Assert.IsType<OrchestrationCompleteOrchestratorAction>(Assert.Single(Replay(events, name), action => action is OrchestrationCompleteOrchestratorAction));
        Assert.Equal(OrchestrationStatus.Failed, end.OrchestrationStatus);
        Assert.Contains("NonDeterministic", end.FailureDetails?.ErrorType, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replays_what_a_run_recorded_just_now()
    {
        var histories = new ConcurrentDictionary<string, List<HistoryEvent>>();
        await using var host = await StorageHost.CreateAsync(azurite);
        await host.WorkAsync(
            (shard, attempt) => shard.Number == 2 && attempt == 1 ? throw new IOException("storage is busy") : Task.CompletedTask,
            (state, result) =>
            {
                List<HistoryEvent> events = [.. state.Events];
                if (result.Actions.OfType<OrchestrationCompleteOrchestratorAction>().SingleOrDefault() is { } end)
                {
                    events.Add(new ExecutionCompletedEvent(end.Id, end.Result, end.OrchestrationStatus));
                }

                histories[state.Name] = events;
            });
        var id = await host.RequestAsync();
        await host.StartRunAsync(id);
        await host.EndAsync(id);
        Assert.Equal([Orchestrations.Row, Orchestrations.Run], histories.Keys.Order(StringComparer.Ordinal));
        Assert.Contains(histories[Orchestrations.Row], recorded => recorded is TimerFiredEvent);
        foreach (var (name, events) in histories)
        {
            AssertReplays(events, name);
            if (Environment.GetEnvironmentVariable(RecordVariable) == "1")
            {
                Directory.CreateDirectory(Folder);
                // Stack traces name folders of the machine that recorded, and nobody replays them.
                var text = StackTraces().Replace(JsonDataConverter.Default.Serialize(events, true), "\"StackTrace\": null");
                await File.WriteAllTextAsync(PathOf(name), text + "\n", Token);
            }
        }
    }

    private static void AssertReplays(List<HistoryEvent> events, string name)
    {
        var recorded = Assert.IsType<ExecutionCompletedEvent>(events[^1]);
        Assert.Equal(OrchestrationStatus.Completed, recorded.OrchestrationStatus);
        var end = Assert.IsType<OrchestrationCompleteOrchestratorAction>(Assert.Single(Replay(events, name)));
        Assert.True(end.OrchestrationStatus == OrchestrationStatus.Completed, end.FailureDetails?.ToString());
        Assert.Equal(recorded.Result, end.Result);

        // After every step but the last, exactly what was scheduled then is scheduled now.
        var steps = Enumerable.Range(1, events.Count - 1).Where(number => events[number] is OrchestratorStartedEvent).ToArray();
        Assert.True(steps.Length > 3);
        Assert.All(steps, step => Assert.Empty(Replay([.. events.Take(step)], name)));
    }

    private static OrchestratorAction[] Replay(List<HistoryEvent> events, string name)
    {
        var orchestration = WorkflowTasks.Orchestrators.Single(creator => creator.Name == name).Create();
        var state = new OrchestrationRuntimeState([.. events]);
        return [.. new TaskOrchestrationExecutor(state, orchestration, BehaviorOnContinueAsNew.Carryover, ErrorPropagationMode.UseFailureDetails).Execute().Actions];
    }

    internal static async Task<List<HistoryEvent>> ReadAsync(string name) =>
        JsonDataConverter.Default.Deserialize<List<HistoryEvent>>(await File.ReadAllTextAsync(PathOf(name), Token));

    private static string PathOf(string name) => Path.Combine(Folder, name + ".json");

    [GeneratedRegex(@"""StackTrace"": ""(?:[^""\\]|\\.)*""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex StackTraces();
}
