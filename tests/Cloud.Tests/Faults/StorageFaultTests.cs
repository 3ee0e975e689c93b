using IpswDiff.Cloud.Faults;
using IpswDiff.Diffing.Storage;
using IpswDiff.Forge.Azurite;

namespace IpswDiff.Cloud.Tests.Faults;

public sealed class StorageFaultTests(AzuriteFixture azurite)
{
    private static readonly byte[] Small = Bytes(3000);
    private static readonly byte[] Large = Bytes(400_000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Creates_and_reads_survive_what_passes(int seed)
    {
        var (storage, clean, policy) = await OpenAsync(FaultPolicy.Passing(seed), retries: 12);
        for (var i = 0; i < 4; i++)
        {
            // True although answers are lost and the request was sent again: it was this writer's.
            Assert.True(await storage.Artifacts.TryCreateAsync($"small{i}", Write(Small), Token));
            Assert.True(await storage.Artifacts.TryCreateAsync($"large{i}", Write(Large), Token));
            Assert.False(await storage.Artifacts.TryCreateAsync($"large{i}", Write(Small), Token));
            Assert.Equal(Small, await ReadAsync(clean.Artifacts, $"small{i}"));
            Assert.Equal(Large, await ReadAsync(storage.Artifacts, $"large{i}"));
            using var source = await storage.Artifacts.TryOpenSourceAsync($"large{i}", Token);
            Assert.Equal(Large, source!.Source.ReadBytes(0, Large.Length));
        }

        Assert.Equal(8, await storage.Artifacts.ListAsync(string.Empty, Token).CountAsync(Token));
        Assert.Equal(8, await storage.Artifacts.DeleteAllAsync(string.Empty, Token));
        Assert.True(policy.Injected > 10);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Changes_of_a_run_count_once_although_answers_are_lost(int seed)
    {
        var (storage, clean, _) = await OpenAsync(FaultPolicy.Passing(seed), retries: 12);
        var run = new RunRecord { Id = RunRecord.NewId(DateTimeOffset.UtcNow), Old = "a", New = "b" };
        Assert.True(await storage.Catalog.TryAddRunAsync(run, Token));
        for (var i = 0; i < 20; i++)
        {
            await storage.Catalog.UpdateRunAsync(run.Id, static run => run with { ShardsDone = run.ShardsDone + 1 }, Token);
        }

        Assert.Equal(20, (await clean.Catalog.FindRunAsync(run.Id, Token))!.Value.ShardsDone);
    }

    [Theory]
    [InlineData(Fault.Status412, 412)]
    [InlineData(Fault.Status429, 429)]
    [InlineData(Fault.Status500, 500)]
    [InlineData(Fault.Status503, 503)]
    [InlineData(Fault.Status409, 409)]
    [InlineData(Fault.CutBefore, 0)]
    [InlineData(Fault.CutAfter, 0)]
    public async Task What_does_not_pass_is_one_clear_error(Fault fault, int status)
    {
        var failing = false;
        var (storage, clean, _) = await OpenAsync(new FaultPolicy(() => Volatile.Read(ref failing) ? fault : Fault.None), retries: 2);
        await storage.Artifacts.TryCreateAsync("dir/there", Write(Large), Token);
        using var source = await storage.Artifacts.TryOpenSourceAsync("dir/there", Token);
        var run = new RunRecord { Id = RunRecord.NewId(DateTimeOffset.UtcNow), Old = "a", New = "b" };
        Volatile.Write(ref failing, true);
        StorageFaultException[] faults =
        [
            Assert.Throws<StorageFaultException>(() => source!.Source.ReadBytes(100_000, 10)),
            await Assert.ThrowsAsync<StorageFaultException>(() => ReadAsync(storage.Artifacts, "dir/there")),
            await Assert.ThrowsAsync<StorageFaultException>(() => storage.Artifacts.TryCreateAsync("dir/new", Write(Small), Token)),
            await Assert.ThrowsAsync<StorageFaultException>(() => storage.Artifacts.TryCreateAsync("dir/large", Write(Large), Token)),
            await Assert.ThrowsAsync<StorageFaultException>(() => storage.Catalog.FindRunAsync(run.Id, Token)),
        ];
        Volatile.Write(ref failing, false);
        Assert.All(faults, seen => Assert.Equal(status, seen.Status));
        Assert.All(faults, seen => Assert.DoesNotContain("Eby8vdM02x", seen.ToString(), StringComparison.Ordinal));
        Assert.Contains("blob 'dir/there' of container", faults[0].Message, StringComparison.Ordinal);
        Assert.Contains("blob 'dir/large' of container", faults[3].Message, StringComparison.Ordinal);
        Assert.Contains("table 'runs", faults[4].Message, StringComparison.Ordinal);
        if (fault != Fault.CutAfter)
        {
            Assert.Equal(["dir/there"], await clean.Artifacts.ListAsync(string.Empty, Token).ToListAsync(Token));
            Assert.True(await storage.Artifacts.TryCreateAsync("dir/large", Write(Large), Token));
        }
    }

    [Fact]
    public async Task A_reader_goes_on_when_storage_was_away_for_a_while()
    {
        Assert.SkipWhen(AzuriteServer.Absence is not null, AzuriteServer.Absence ?? string.Empty);
        var folder = Directory.CreateTempSubdirectory("ipswdiff-azurite-");
        using var server = AzuriteServer.Launch(folder.FullName);
        try
        {
            var storage = CloudStorage.Open(AzuriteFixture.OptionsFor(server.ConnectionString, retries: 1));
            await storage.PrepareAsync(Token);
            await storage.Artifacts.TryCreateAsync("there", Write(Large), Token);
            using var opened = await storage.Artifacts.TryOpenSourceAsync("there", Token);
            var source = opened!.Source;
            Assert.Equal(Large[..1000], source.ReadBytes(0, 1000));
            server.Stop();
            var fault = Assert.Throws<StorageFaultException>(() => source.ReadBytes(200_000, 1000));
            Assert.Equal(0, fault.Status);
            Assert.Contains("blob 'there'", fault.Message, StringComparison.Ordinal);
            server.Start();
            Assert.Equal(Large[200_000..201_000], source.ReadBytes(200_000, 1000));
        }
        finally
        {
            server.Stop();
            folder.Delete(recursive: true);
        }
    }

    private async Task<(CloudStorage Storage, CloudStorage Clean, FaultPolicy Policy)> OpenAsync(FaultPolicy policy, int retries)
    {
        var options = azurite.NewOptions(retries);
        var clean = CloudStorage.Open(options);
        await clean.PrepareAsync(Token);
        return (CloudStorage.Open(options, policy, null), clean, policy);
    }

    private static Func<Stream, CancellationToken, Task> Write(byte[] content) => (stream, token) => stream.WriteAsync(content, token).AsTask();

    private static async Task<byte[]> ReadAsync(IArtifactStore store, string name)
    {
        await using var stream = await store.TryOpenAsync(name, Token);
        using var copy = new MemoryStream();
        await stream!.CopyToAsync(copy, Token);
        return copy.ToArray();
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
