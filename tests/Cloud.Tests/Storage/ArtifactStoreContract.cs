using System.IO.Compression;
using IpswDiff.Diffing.Storage;
using IpswDiff.Forge;

namespace IpswDiff.Cloud.Tests.Storage;

/// <summary>What every <see cref="IArtifactStore"/> keeps, wherever it keeps it.</summary>
public abstract class ArtifactStoreContract
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract Task<IArtifactStore> OpenAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(131072)]
    [InlineData(1_500_000)]
    public async Task Content_of_any_size_comes_back(int length)
    {
        var store = await OpenAsync();
        var content = Bytes(length);
        Assert.True(await store.TryCreateAsync("a/b.bin", Write(content), Token));
        Assert.True(await store.ExistsAsync("a/b.bin", Token));
        Assert.Equal(content, await ReadAsync(store, "a/b.bin"));
        using var source = await store.TryOpenSourceAsync("a/b.bin", Token);
        Assert.Equal(length, source!.Source.Length);
        Assert.Equal(content, source.Source.ReadBytes(0, length));
    }

    [Fact]
    public async Task Compressed_content_written_synchronously_comes_back_and_is_read_synchronously()
    {
        var store = await OpenAsync();
        var content = Bytes(700_000);
        await store.TryCreateAsync(
            "items/x.json.gz",
            (stream, _) =>
            {
                using var gzip = new GZipStream(stream, CompressionLevel.Fastest);
                gzip.Write(content);
                return Task.CompletedTask;
            },
            Token);
        await using var stored = await store.TryOpenAsync("items/x.json.gz", Token);
        using var unpacked = new GZipStream(stored!, CompressionMode.Decompress);
        using var copy = new MemoryStream();
        unpacked.CopyTo(copy, 3000);
        Assert.Equal(content, copy.ToArray());
    }

    [Theory]
    [InlineData(10)]
    [InlineData(300_000)]
    public async Task A_name_is_created_once_and_keeps_its_first_content(int length)
    {
        var store = await OpenAsync();
        var first = Bytes(length);
        Assert.True(await store.TryCreateAsync("n", Write(first), Token));
        Assert.False(await store.TryCreateAsync("n", Write(Bytes(length + 5)), Token));
        Assert.Equal(first, await ReadAsync(store, "n"));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(200_000)]
    public async Task Concurrent_creations_have_one_winner_whose_content_stays(int length)
    {
        var store = await OpenAsync();
        var contents = Enumerable.Range(0, 8).Select(i => Bytes(length + i)).ToArray();
        var created = await Task.WhenAll(contents.Select(content => Task.Run(() => store.TryCreateAsync("same", Write(content), Token), Token)));
        Assert.Single(created, true);
        Assert.Equal(contents[Array.IndexOf(created, true)], await ReadAsync(store, "same"));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(300_000)]
    public async Task A_write_that_fails_leaves_nothing_and_may_be_repeated(int before)
    {
        var store = await OpenAsync();
        var fault = await Assert.ThrowsAsync<IOException>(() => store.TryCreateAsync(
            "x",
            async (stream, token) =>
            {
                await stream.WriteAsync(Bytes(before), token);
                throw new IOException("the source broke");
            },
            Token));
        Assert.Equal("the source broke", fault.Message);
        Assert.Null(await store.TryOpenAsync("x", Token));
        Assert.Empty(await store.ListAsync(string.Empty, Token).ToListAsync(Token));
        Assert.True(await store.TryCreateAsync("x", Write(Bytes(3)), Token));
    }

    [Fact]
    public async Task A_cancelled_write_leaves_nothing()
    {
        var store = await OpenAsync();
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.TryCreateAsync(
            "x",
            async (stream, token) =>
            {
                await stream.WriteAsync(Bytes(300_000), token);
                await cancelled.CancelAsync();
                token.ThrowIfCancellationRequested();
            },
            cancelled.Token));
        Assert.False(await store.ExistsAsync("x", Token));
    }

    [Fact]
    public async Task What_does_not_exist_is_null_and_deleting_it_is_no_error()
    {
        var store = await OpenAsync();
        Assert.Null(await store.TryOpenAsync("no/such", Token));
        Assert.Null(await store.TryOpenSourceAsync("no/such", Token));
        Assert.False(await store.ExistsAsync("no/such", Token));
        await store.DeleteAsync("no/such", Token);
        Assert.Equal(0, await store.DeleteAllAsync("no/", Token));
    }

    [Fact]
    public async Task Names_are_listed_in_ordinal_order_by_prefix()
    {
        var store = await OpenAsync();
        foreach (var name in (string[])["s/2", "s/10", "s/1", "s/a/1", "s/a-1", "s/a.1", "s/B", "t/1", "sx"])
        {
            await store.TryCreateAsync(name, Write([1]), Token);
        }

        Assert.Equal(["s/1", "s/10", "s/2", "s/B", "s/a-1", "s/a.1", "s/a/1"], await store.ListAsync("s/", Token).ToListAsync(Token));
        Assert.Equal(["s/1", "s/10"], await store.ListAsync("s/1", Token).ToListAsync(Token));
        Assert.Equal(9, await store.ListAsync(string.Empty, Token).CountAsync(Token));
    }

    [Fact]
    public async Task Everything_below_a_prefix_can_be_removed()
    {
        var store = await OpenAsync();
        foreach (var name in (string[])["runs/1/a", "runs/1/b/c", "runs/10/a", "other"])
        {
            await store.TryCreateAsync(name, Write([1]), Token);
        }

        Assert.Equal(2, await store.DeleteAllAsync("runs/1/", Token));
        Assert.Equal(["other", "runs/10/a"], await store.ListAsync(string.Empty, Token).ToListAsync(Token));
        Assert.Equal(0, await store.DeleteAllAsync("runs/1/", Token));
        await store.DeleteAsync("other", Token);
        Assert.True(await store.TryCreateAsync("other", Write([2]), Token));
        Assert.True(await store.TryCreateAsync("runs/1/a", Write([2]), Token));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/root")]
    [InlineData("a//b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("a/")]
    [InlineData(".")]
    public async Task A_name_that_leads_astray_is_refused(string name)
    {
        var store = await OpenAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => store.TryCreateAsync(name, Write([1]), Token));
        await Assert.ThrowsAsync<ArgumentException>(() => store.TryOpenAsync(name, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => store.DeleteAsync(name, Token));
        var scope = new ScopedArtifactStore(store, "runs/1");
        await Assert.ThrowsAsync<ArgumentException>(() => scope.TryCreateAsync(name, Write([1]), Token));
    }

    [Fact]
    public async Task A_scope_sees_its_own_names_and_no_others()
    {
        var store = await OpenAsync();
        var scope = new ScopedArtifactStore(store, "runs/1");
        Assert.True(await scope.TryCreateAsync("a", Write([1]), Token));
        Assert.True(await store.TryCreateAsync("runs/2/a", Write([2]), Token));
        Assert.Equal(["runs/1/a", "runs/2/a"], await store.ListAsync("runs/", Token).ToListAsync(Token));
        Assert.Equal(["a"], await scope.ListAsync(string.Empty, Token).ToListAsync(Token));
        Assert.Equal([1], await ReadAsync(scope, "a"));
        Assert.Equal(1, await scope.DeleteAllAsync(string.Empty, Token));
        Assert.True(await store.ExistsAsync("runs/2/a", Token));
    }

    [Fact]
    public async Task A_source_is_read_at_any_offset_by_many_threads()
    {
        var store = await OpenAsync();
        var content = Bytes(1_000_000);
        await store.TryCreateAsync("big", Write(content), Token);
        using var opened = await store.TryOpenSourceAsync("big", Token);
        var source = opened!.Source;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(
            () =>
            {
                var random = new Random(seed);
                for (var i = 0; i < 40; i++)
                {
                    var offset = random.Next(content.Length);
                    var count = random.Next(Math.Min(200_000, content.Length - offset));
                    Assert.True(content.AsSpan(offset, count).SequenceEqual(source.ReadBytes(offset, count)));
                }
            },
            Token)));
    }

    protected static Func<Stream, CancellationToken, Task> Write(byte[] content) =>
        async (stream, token) =>
        {
            // Pieces of odd sizes, so that blocks and buffers fill in the middle of one.
            for (var offset = 0; offset < content.Length; offset += 40_961)
            {
                await stream.WriteAsync(content.AsMemory(offset, Math.Min(40_961, content.Length - offset)), token);
            }
        };

    protected static async Task<byte[]> ReadAsync(IArtifactStore store, string name)
    {
        await using var stream = await store.TryOpenAsync(name, Token);
        using var copy = new MemoryStream();
        await stream!.CopyToAsync(copy, Token);
        return copy.ToArray();
    }

    protected static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
