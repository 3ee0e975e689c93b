using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service.Tests;

/// <summary>Firmwares by address, from a server on this machine: the rules of tests alone let it be asked.</summary>
public sealed class FirmwareFetcherTests : IDisposable
{
    private const string Name = "fetched/a.ipsw";
    private const int Block = 8 << 20;

    private readonly string _root = Path.Combine(Path.GetTempPath(), $"ipswdiff-fetch-{Guid.NewGuid():N}");
    private readonly byte[] _content = Bytes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_transfer_that_breaks_is_gone_on_with()
    {
        await using var server = await FileServer.StartAsync(_content);
        server.BreaksAfter = Block + 1000;
        await FetchAsync(server);
        Assert.True((await ReadAsync()).AsSpan().SequenceEqual(_content));

        // The second block broke once; all that were whole before were not asked for again, except the last.
        Assert.Equal([0, Block, 0, Block, 2 * Block], server.BlockOffsets);
    }

    [Fact]
    public async Task A_process_that_ended_is_gone_on_with_by_the_next()
    {
        await using var server = await FileServer.StartAsync(_content);
        using (var stop = new CancellationTokenSource())
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FetchAsync(server, done => Cancel(stop, done >= 2 * Block), stop));
        }

        Assert.False(File.Exists(Path.Combine(_root, Name)));
        server.BlockOffsets.Clear();
        await FetchAsync(server);
        Assert.Equal([Block, 2 * Block], server.BlockOffsets);
        Assert.True((await ReadAsync()).AsSpan().SequenceEqual(_content));
        Assert.Equal([Path.GetFileName(Name)], Directory.EnumerateFiles(Path.Combine(_root, "fetched")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_file_that_is_replaced_meanwhile_is_fetched_afresh()
    {
        await using var server = await FileServer.StartAsync(_content);
        var replaced = Bytes(2);
        await FetchAsync(server, done =>
        {
            if (done >= Block && server.Version == "\"1\"")
            {
                server.Replace(replaced, "\"2\"");
            }
        });
        Assert.True((await ReadAsync()).AsSpan().SequenceEqual(replaced));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_server_without_ranges_or_versions_sends_everything_at_once(bool ranges, bool versions)
    {
        await using var server = await FileServer.StartAsync(_content);
        server.SendsRanges = ranges;
        server.Version = versions ? "\"1\"" : null;
        await FetchAsync(server);
        Assert.True((await ReadAsync()).AsSpan().SequenceEqual(_content));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task More_than_the_limit_is_not_fetched(bool ranges)
    {
        await using var server = await FileServer.StartAsync(_content);
        server.SendsRanges = ranges;
        await Assert.ThrowsAsync<DiffFailedException>(() => FetchAsync(server, limit: Block));
        Assert.Empty(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Redirects_are_followed_by_the_rules_and_refusals_are_final()
    {
        await using var server = await FileServer.StartAsync(_content);
        await FetchAsync(server, path: "/moved");
        Assert.True((await ReadAsync()).AsSpan().SequenceEqual(_content));
        File.Delete(Path.Combine(_root, Name));
        foreach (var path in (string[])["/outside", "/plain", "/round", "/missing"])
        {
            var asked = server.Requests;
            await Assert.ThrowsAsync<DiffFailedException>(() => FetchAsync(server, path: path));
            Assert.InRange(server.Requests - asked, 1, 6);
        }
    }

    [Fact]
    public async Task The_rules_of_the_program_refuse_a_server_of_this_machine()
    {
        await using var server = await FileServer.StartAsync(_content);
        using var fetcher = new FirmwareFetcher(new FolderFirmwareStore(_root), new ServiceOptions());
        var fault = await Assert.ThrowsAsync<DiffFailedException>(() => fetcher.FetchAsync(server.Address("/a.ipsw"), Name, (_, _) => { }, Token));
        Assert.Contains("private network", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, server.Requests);
    }

    private static void Cancel(CancellationTokenSource stop, bool now)
    {
        if (now)
        {
            stop.Cancel();
        }
    }

    private static byte[] Bytes(int seed)
    {
        var bytes = new byte[(2 * Block) + 12345];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private async Task FetchAsync(
        FileServer server, Action<long>? progress = null, CancellationTokenSource? stop = null, string path = "/a.ipsw", long limit = 1L << 30)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop?.Token ?? Token, Token);
        using var fetcher = new FirmwareFetcher(new FolderFirmwareStore(_root), new ServiceOptions { MaxFirmwareBytes = limit }, new LoopbackRules());
        await fetcher.FetchAsync(server.Address(path), Name, (done, _) => progress?.Invoke(done), both.Token);
    }

    private Task<byte[]> ReadAsync() => File.ReadAllBytesAsync(Path.Combine(_root, Name), Token);
}
