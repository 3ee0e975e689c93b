using IpswDiff.Diffing.Storage;

namespace IpswDiff.Functions.Tests;

/// <summary>What follows from dropped firmwares, whatever order and how often events come.</summary>
public class FirmwareDropTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Starts_one_run_for_a_pair_in_either_order(bool newerFirst)
    {
        await using var host = await DurableHost.StartAsync();
        string[] order = newerFirst ? [SamplePair.New, SamplePair.Old] : [SamplePair.Old, SamplePair.New];
        Assert.Empty(await host.Drop.HandleAsync(order[0], host.Engine.Client, Token));
        var started = Assert.Single(await host.Drop.HandleAsync(order[1], host.Engine.Client, Token));
        foreach (var name in order)
        {
            Assert.Empty(await host.Drop.HandleAsync(name, host.Engine.Client, Token));
        }

        var run = Assert.Single((await host.Catalog.ListRunsAsync(10, null, Token)).Runs);
        Assert.Equal((started, SamplePair.Old, SamplePair.New), (run.Id, run.Old, run.New));
        await host.Engine.Client.WaitForInstanceCompletionAsync(started, Token);
        Assert.Equal(RunState.Completed, (await host.Catalog.FindRunAsync(started, Token))!.Value.State);
    }

    [Fact]
    public async Task Events_that_come_at_the_same_time_start_one_run()
    {
        await using var host = await DurableHost.StartAsync();
        await host.Drop.HandleAsync(SamplePair.Old, host.Engine.Client, Token);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => host.Drop.HandleAsync(SamplePair.New, host.Engine.Client, Token), Token)));
        var run = Assert.Single((await host.Catalog.ListRunsAsync(10, null, Token)).Runs);
        await host.Engine.Client.WaitForInstanceCompletionAsync(run.Id, Token);
        Assert.All(host.Attempts.Values, attempts => Assert.Equal(1, attempts));
    }

    [Fact]
    public async Task What_is_no_firmware_is_left_alone()
    {
        await using var host = await DurableHost.StartAsync();
        Assert.Empty(await host.Drop.HandleAsync("README.md", host.Engine.Client, Token));
        Assert.Empty((await host.Catalog.ListRunsAsync(10, null, Token)).Runs);
    }
}
