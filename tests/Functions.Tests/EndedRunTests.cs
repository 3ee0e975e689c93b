using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Functions.Workflow;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Tests;

/// <summary>What comes up for a run after it has ended: messages that were in the queue when it was terminated.</summary>
public class EndedRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_part_that_comes_up_after_its_run_was_removed_does_nothing_and_is_purged()
    {
        await using var host = await DurableHost.StartAsync();
        var id = RunRecord.NewId(DateTimeOffset.UtcNow);
        var part = DurableWorkflowContext.PartPrefix(id) + "0";
        var row = new ShardRow(id, 0, 8, 4, new DiffProgress("diff", 0, 800, 0, 8));
        await host.Engine.Client.ScheduleNewOrchestrationInstanceAsync(Orchestrations.Row, row, new StartOrchestrationOptions(part), Token);
        await host.Engine.Client.WaitForInstanceCompletionAsync(part, Token);
        Assert.Empty(await ReportText.NamesAsync(host.Artifacts));

        await host.Purge.PurgeAsync(host.Engine.Client, DateTimeOffset.UtcNow + TimeSpan.FromDays(29), Token);
        Assert.NotNull(await host.Engine.Client.GetInstanceAsync(part, Token));
        await host.Purge.PurgeAsync(host.Engine.Client, DateTimeOffset.UtcNow + TimeSpan.FromDays(31), Token);
        Assert.Null(await host.Engine.Client.GetInstanceAsync(part, Token));
    }

    [Fact]
    public async Task A_cancelled_run_that_comes_up_all_the_same_stays_cancelled_and_leaves_nothing()
    {
        await using var host = await DurableHost.StartAsync();
        var id = await host.RequestAsync();
        await host.Catalog.UpdateRunAsync(id, run => run with { State = RunState.Cancelled, EndedAt = DateTimeOffset.UtcNow }, Token);
        var before = await ReportText.NamesAsync(host.Artifacts);
        var outcome = await host.RunAsync(id);
        Assert.Contains("has ended", outcome.Failure, StringComparison.Ordinal);
        Assert.Equal(before, await ReportText.NamesAsync(host.Artifacts));
        Assert.Equal(RunState.Cancelled, (await host.Catalog.FindRunAsync(id, Token))!.Value.State);
    }
}
