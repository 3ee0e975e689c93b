using IpswDiff.Diffing.Storage;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>Events about dropped firmwares with the real catalogue: twice, out of order, at once, and from several instances.</summary>
public class StorageDropTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_pair_is_compared_once_whatever_the_events_do(bool newerFirst)
    {
        await using var host = await StorageHost.CreateAsync(azurite);
        await using var other = await StorageHost.OpenAsync(host.Connection, host.Name);
        await host.UploadAsync(SamplePair.Old, SamplePair.New);
        string[] order = newerFirst ? [SamplePair.New, SamplePair.Old] : [SamplePair.Old, SamplePair.New];
        Assert.Empty(await host.Drop.HandleAsync(order[0], host.Client, Token));

        // The second event comes eight times at once to two instances, the first one again between them.
        var events = Enumerable.Range(0, 8).Select(number => (Host: number % 2 == 0 ? host : other, Name: number == 3 ? order[0] : order[1]));
        var started = await Task.WhenAll(events.Select(one => Task.Run(() => one.Host.Drop.HandleAsync(one.Name, one.Host.Client, Token), Token)));
        var id = Assert.Single(started.SelectMany(runs => runs));
        var run = Assert.Single((await host.Catalog.ListRunsAsync(10, null, Token)).Runs);
        Assert.Equal((id, SamplePair.Old, SamplePair.New), (run.Id, run.Old, run.New));
        Assert.Equal([id], (await host.InstancesAsync(string.Empty)).Select(instance => instance.InstanceId));

        await host.WorkAsync();
        await host.EndAsync(id);
        foreach (var name in order)
        {
            Assert.Empty(await other.Drop.HandleAsync(name, other.Client, Token));
        }

        Assert.All(host.Attempts.Values, attempts => Assert.Equal(1, attempts));
        Assert.Equal(RunState.Completed, (await host.Catalog.FindRunAsync(id, Token))!.Value.State);
        Assert.DoesNotContain(await host.InstancesAsync(string.Empty), instance => !instance.IsCompleted);
    }
}
