using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Functions.Tests;

/// <summary>The workflow on the Durable Task engine.</summary>
public class DurableRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Leaves_the_report_that_the_in_process_engine_leaves()
    {
        await using var host = await DurableHost.StartAsync();
        var durable = await host.RequestAsync();
        var local = await host.RequestAsync();

        var outcome = await host.RunAsync(durable);
        using var activities = new DiffActivities(host.Firmwares, host.Stores);
        var expected = await new InProcessWorkflowEngine(activities).RunAsync(local, Token);

        Assert.Equal(expected, outcome);
        Assert.True(outcome.IsDifferent);
        await ReportText.AssertSameAsync(host.Stores.Report(local), host.Stores.Report(durable));
        var run = (await host.Catalog.FindRunAsync(durable, Token))!.Value;
        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal((run.ShardsPlanned, run.BytesPlanned), (run.ShardsDone, run.BytesDone));
        Assert.InRange(run.ShardsDone, 1, int.MaxValue);
        var parts = new List<string>();
        await foreach (var activity in host.Catalog.ListActivitiesAsync(durable, Token))
        {
            parts.Add(activity.Name);
        }

        Assert.Contains("plan", parts);
        Assert.Contains("diff", parts);
    }

    [Fact]
    public async Task Tries_an_activity_again_that_failed()
    {
        await using var host = await DurableHost.StartAsync((shard, attempt) => attempt == 1 ? new IOException("storage is busy") : null);
        var id = await host.RequestAsync();
        var outcome = await host.RunAsync(id);
        Assert.Equal(new RunOutcome(null, IsIncomplete: false, IsDifferent: true), outcome);
        Assert.NotEmpty(host.Attempts);
        Assert.All(host.Attempts.Values, attempts => Assert.Equal(2, attempts));
    }

    [Fact]
    public async Task A_shard_that_fails_for_good_leaves_sections_incomplete_and_the_run_goes_on()
    {
        await using var host = await DurableHost.StartAsync((shard, _) => shard.Number == 0 ? new InvalidOperationException("planted fault") : null);
        var id = await host.RequestAsync();
        var outcome = await host.RunAsync(id);
        Assert.Null(outcome.Failure);
        Assert.True(outcome.IsIncomplete);
        Assert.Equal(DiffSteps.Compare.Retry.Attempts, host.Attempts[0]);
        Assert.True(host.Attempts.Count > 1);
        Assert.Contains("planted fault", await ReportText.SectionsAsync(host.Stores.Report(id)), StringComparison.Ordinal);
        Assert.Equal(RunState.CompletedWithErrors, (await host.Catalog.FindRunAsync(id, Token))!.Value.State);
    }

    [Fact]
    public async Task A_firmware_that_is_gone_fails_the_run_with_its_name()
    {
        await using var host = await DurableHost.StartAsync();
        var id = RunRecord.NewId(DateTimeOffset.UtcNow);
        await RunArtifacts.CreateRequestAsync(
            host.Stores.Work(id),
            new DiffRequest { Options = new() { OldPath = SamplePair.Old, NewPath = "Gone.ipsw", Budget = host.Options.Budget } },
            Token);
        await host.Catalog.TryAddRunAsync(new RunRecord { Id = id, Old = "a", New = "b", CreatedAt = DateTimeOffset.UtcNow }, Token);
        var outcome = await host.RunAsync(id);
        Assert.Contains("Gone.ipsw", outcome.Failure, StringComparison.Ordinal);
        var run = (await host.Catalog.FindRunAsync(id, Token))!.Value;
        Assert.Equal((RunState.Failed, outcome.Failure), (run.State, run.Reason));
    }

    [Fact]
    public async Task No_message_is_longer_than_16_kilobytes()
    {
        await using var host = await DurableHost.StartAsync();
        await host.RunAsync(await host.RequestAsync());
        Assert.True(host.Messages.Count > 10);
        Assert.All(host.Messages, message => Assert.InRange(message.Length, 0, 16 << 10));
    }
}
