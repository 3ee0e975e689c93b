using System.Collections.Concurrent;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Functions.Runs;
using IpswDiff.Functions.Workflow;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>Whole runs on the backend that the app has in the cloud.</summary>
public class StorageBackendTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Leaves_the_report_that_the_in_process_engine_leaves()
    {
        await using var host = await StorageHost.CreateAsync(azurite);
        await host.WorkAsync((shard, attempt) => attempt == 1 && shard.Number == 1 ? throw new IOException("storage is busy") : Task.CompletedTask);
        var durable = await host.RequestAsync();
        var local = await host.RequestAsync();
        await host.StartRunAsync(durable);
        var outcome = await host.EndAsync(durable);

        Assert.Equal(await host.InProcess.RunAsync(local, Token), outcome);
        Assert.True(outcome.IsDifferent);
        Assert.True(host.Attempts.Count > 2);
        Assert.Equal(2, host.Attempts[1]);
        await ReportText.AssertSameAsync(host.Stores.Report(local), host.Stores.Report(durable));
        Assert.Equal(RunState.Completed, (await host.Catalog.FindRunAsync(durable, Token))!.Value.State);
    }

    [Fact]
    public async Task Who_terminates_a_run_does_not_wait_for_ever_for_an_instance_to_take_the_message()
    {
        await using var host = await StorageHost.CreateAsync(azurite);
        await host.WorkAsync((_, _) => throw new IOException("storage is away"));
        var id = await host.RequestAsync();
        await host.StartRunAsync(id);
        while (host.Attempts.IsEmpty)
        {
            await Task.Delay(50, Token);
        }

        await host.StopWorkAsync();
        var late = await Assert.ThrowsAsync<IOException>(() => DurableRuns.TerminateAsync(host.Client, id, TimeSpan.FromSeconds(1), Token));
        Assert.Contains(id, late.Message, StringComparison.Ordinal);
        using var gone = new CancellationTokenSource(TimeSpan.Zero);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DurableRuns.TerminateAsync(host.Client, id, TimeSpan.FromMinutes(1), gone.Token));
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_a_failure_of_storage()
    {
        await using var host = await StorageHost.CreateAsync(azurite);
        await host.StopApiAsync();
        var launcher = new DurableRunLauncher(host.Client);
        await Assert.ThrowsAsync<IOException>(() => launcher.LaunchAsync("run", Token));
        await Assert.ThrowsAsync<IOException>(() => launcher.FindAsync("run", Token));
        await Assert.ThrowsAsync<IOException>(() => launcher.CancelAsync("run", Token));
    }

    [Fact]
    public async Task A_terminated_run_begins_nothing_more_and_leaves_nothing_behind()
    {
        await using var host = await StorageHost.CreateAsync(azurite);
        await host.WorkAsync((_, _) => throw new IOException("storage is away"));
        var id = await host.RequestAsync();
        await host.StartRunAsync(id);
        while (host.Attempts.IsEmpty)
        {
            await Task.Delay(50, Token);
        }

        // As the portal does it: the part that compares the shards is not told.
        await host.Client.TerminateInstanceAsync(id, Token);
        await host.Client.WaitForInstanceCompletionAsync(id, Token);
        Assert.Contains(await host.InstancesAsync(id), instance => !instance.IsCompleted);

        await host.Purge.PurgeAsync(host.Client, DateTimeOffset.UtcNow + TimeSpan.FromHours(2), Token);
        var run = (await host.Catalog.FindRunAsync(id, Token))!.Value;
        Assert.Equal((RunState.Failed, "its orchestration was terminated"), (run.State, run.Reason));
        Assert.All(await host.InstancesAsync(id), instance => Assert.Equal(OrchestrationRuntimeStatus.Terminated, instance.RuntimeStatus));

        await host.Purge.PurgeAsync(host.Client, DateTimeOffset.UtcNow + TimeSpan.FromDays(31), Token);
        Assert.Null(await host.Catalog.FindRunAsync(id, Token));
        Assert.Empty(await host.InstancesAsync(id));
        await foreach (var name in host.Storage.Artifacts.ListAsync(SharedRunStores.Scope(id) + "/", Token))
        {
            Assert.Fail($"{name} is left");
        }
    }
}
