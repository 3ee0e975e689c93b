using System.Collections.Concurrent;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
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
}
