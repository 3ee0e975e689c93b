using IpswDiff.Diffing.Storage;
using IpswDiff.Functions.Firmwares;
using IpswDiff.Service;
using IpswDiff.Service.Tests;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>Firmwares that a run names by address.</summary>
public class StorageFetchTests(AzuriteFixture azurite)
{
    private const int Block = 8 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_fetched_and_compared_as_those_in_the_container()
    {
        await using var host = await StorageHost.CreateAsync(azurite);
        await using var old = await FileServer.StartAsync(await File.ReadAllBytesAsync(Path.Combine(SamplePair.Folder, SamplePair.Old), Token));
        await using var @new = await FileServer.StartAsync(await File.ReadAllBytesAsync(Path.Combine(SamplePair.Folder, SamplePair.New), Token));
        await host.WorkAsync();
        var stored = await host.RequestAsync();
        await host.InProcess.RunAsync(stored, Token);

        // Two at once that want the same.
        var runs = new[] { await RequestAsync(host, old.Address("/a.ipsw"), @new.Address("/a.ipsw")), await RequestAsync(host, old.Address("/a.ipsw"), @new.Address("/a.ipsw")) };
        await Task.WhenAll(runs.Select(host.StartRunAsync));
        foreach (var run in runs)
        {
            Assert.True((await host.EndAsync(run)).IsDifferent);
            await ReportText.AssertSameAsync(host.Stores.Report(stored), host.Stores.Report(run));
            Assert.Equal(RunState.Completed, (await host.Catalog.FindRunAsync(run, Token))!.Value.State);
        }
    }

    [Fact]
    public async Task An_activity_ends_in_time_and_the_next_goes_on()
    {
        await using var host = await StorageHost.CreateAsync(azurite);
        var content = new byte[(2 * Block) + 12345];
        new Random(1).NextBytes(content);
        await using var server = await FileServer.StartAsync(content);
        server.Before = start => start == 0 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, Token);
        var input = new FetchInput(server.Address("/a.ipsw").AbsoluteUri);

        var first = await host.Fetch(TimeSpan.FromSeconds(5)).FetchAsync(input, Token);
        Assert.Equal(new FetchOutcome(Block, content.Length, IsWhole: false), first);
        server.Before = null;
        var second = await host.Fetch(TimeSpan.FromMinutes(1)).FetchAsync(input, Token);
        Assert.Equal(new FetchOutcome(content.Length, content.Length, IsWhole: true), second);
        Assert.Single(server.BlockOffsets, 0);

        await using var stored = await host.Storage.Firmwares.Files.TryOpenAsync(FirmwareAddress.StoreName(server.Address("/a.ipsw")), Token);
        using var copy = new MemoryStream();
        await stored!.CopyToAsync(copy, Token);
        Assert.True(copy.ToArray().AsSpan().SequenceEqual(content));
    }

    [Theory]
    [InlineData("/gone.ipsw", "404")]
    [InlineData("/outside", "redirects")]
    public async Task That_cannot_be_had_fail_the_run_with_the_reason(string path, string reason)
    {
        await using var host = await StorageHost.CreateAsync(azurite);
        await using var server = await FileServer.StartAsync([1, 2, 3]);
        await host.WorkAsync();
        var run = await RequestAsync(host, server.Address(path), server.Address(path));
        await host.StartRunAsync(run);
        Assert.Contains(reason, (await host.EndAsync(run)).Failure, StringComparison.Ordinal);
        var record = (await host.Catalog.FindRunAsync(run, Token))!.Value;
        Assert.Equal(RunState.Failed, record.State);
        Assert.Contains(reason, record.Reason, StringComparison.Ordinal);
    }

    private static Task<string> RequestAsync(StorageHost host, Uri old, Uri @new) => host.RequestAsync(
        new RunRecord { Id = RunRecord.NewId(DateTimeOffset.UtcNow), Old = old.AbsoluteUri, New = @new.AbsoluteUri, CreatedAt = DateTimeOffset.UtcNow },
        FirmwareAddress.StoreName(old),
        FirmwareAddress.StoreName(@new));
}
