using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Unpacked;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Functions.Workflow;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Tests;

/// <summary>What the timer removes and marks.</summary>
public class RunPurgeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_past_its_retention_leaves_nothing()
    {
        await using var host = await DurableHost.StartAsync();
        var id = await host.RequestAsync();
        await host.RunAsync(id);

        await host.Purge.PurgeAsync(host.Engine.Client, DateTimeOffset.UtcNow + TimeSpan.FromDays(29), Token);
        Assert.NotNull(await host.Catalog.FindRunAsync(id, Token));

        await host.Purge.PurgeAsync(host.Engine.Client, DateTimeOffset.UtcNow + TimeSpan.FromDays(31), Token);
        Assert.Null(await host.Catalog.FindRunAsync(id, Token));
        Assert.Null(await host.Engine.Client.GetInstanceAsync(id, Token));
        await foreach (var name in host.Artifacts.ListAsync(SharedRunStores.Scope(id) + "/", Token))
        {
            Assert.Fail($"{name} is left");
        }
    }

    [Fact]
    public async Task A_run_whose_orchestration_is_gone_is_marked_as_failed()
    {
        await using var host = await DurableHost.StartAsync();
        var id = await host.RequestAsync();
        await host.Purge.PurgeAsync(host.Engine.Client, DateTimeOffset.UtcNow, Token);
        Assert.Equal(RunState.Queued, (await host.Catalog.FindRunAsync(id, Token))!.Value.State);

        await host.Purge.PurgeAsync(host.Engine.Client, DateTimeOffset.UtcNow + TimeSpan.FromHours(2), Token);
        var run = (await host.Catalog.FindRunAsync(id, Token))!.Value;
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("orchestration", run.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminated_run_begins_nothing_more_and_is_cleaned_up()
    {
        // Every shard fails and waits for its next attempt, so the run is in the midst of its shards when it is terminated.
        await using var host = await DurableHost.StartAsync((_, _) => new IOException("storage is away"));
        var id = await host.RequestAsync();
        var client = host.Engine.Client;
        await client.ScheduleNewOrchestrationInstanceAsync(Orchestrations.Run, null, new StartOrchestrationOptions(id), Token);
        while (host.Attempts.IsEmpty)
        {
            await Task.Delay(20, Token);
        }

        await client.TerminateInstanceAsync(id, Token);
        var ended = await client.WaitForInstanceCompletionAsync(id, Token);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, ended.RuntimeStatus);

        await host.Purge.PurgeAsync(client, DateTimeOffset.UtcNow + TimeSpan.FromHours(2), Token);
        var run = (await host.Catalog.FindRunAsync(id, Token))!.Value;
        Assert.Equal((RunState.Failed, "its orchestration was terminated"), (run.State, run.Reason));

        await host.Purge.PurgeAsync(client, DateTimeOffset.UtcNow + TimeSpan.FromDays(31), Token);
        Assert.Null(await host.Catalog.FindRunAsync(id, Token));
        Assert.Null(await client.GetInstanceAsync(id, Token));
    }

    [Fact]
    public async Task An_unpacked_firmware_that_no_run_has_used_for_long_is_removed()
    {
        await using var host = await DurableHost.StartAsync();
        var (used, old) = (UnpackedFirmwares.Scope("1B200-used") + "/", UnpackedFirmwares.Scope("1A100-old") + "/");
        foreach (var name in new[] { used + "index/0", used + "uses/2026-03-09", old + "index/0", old + "uses/2026-03-01" })
        {
            await host.Artifacts.TryCreateAsync(name, (_, _) => Task.CompletedTask, Token);
        }

        await host.Purge.PurgeAsync(host.Engine.Client, new DateTimeOffset(2026, 3, 10, 1, 0, 0, TimeSpan.Zero), Token);
        Assert.True(await host.Artifacts.ExistsAsync(used + "index/0", Token));
        Assert.False(await host.Artifacts.ExistsAsync(old + "index/0", Token));
        await host.Purge.PurgeAsync(host.Engine.Client, new DateTimeOffset(2026, 3, 17, 1, 0, 0, TimeSpan.Zero), Token);
        Assert.False(await host.Artifacts.ExistsAsync(used + "index/0", Token));
    }
}
