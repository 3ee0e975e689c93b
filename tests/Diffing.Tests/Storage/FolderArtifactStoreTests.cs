using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Tests.Storage;

public sealed class FolderArtifactStoreTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"ipswdiff-test-{Guid.NewGuid():N}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_name_is_created_once_and_keeps_its_first_content()
    {
        var store = new FolderArtifactStore(_folder);
        Assert.True(await store.TryCreateAsync("a/b.txt", Write("one"), Token));
        Assert.False(await store.TryCreateAsync("a/b.txt", Write("two"), Token));
        Assert.Equal("one", await ReadAsync(store, "a/b.txt"));
    }

    [Fact]
    public async Task A_write_that_fails_leaves_nothing()
    {
        var store = new FolderArtifactStore(_folder);
        await Assert.ThrowsAsync<IOException>(() => store.TryCreateAsync(
            "x", static (_, _) => throw new IOException("disk full"), Token));
        Assert.Null(await store.TryOpenAsync("x", Token));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Concurrent_creations_of_one_name_have_one_winner()
    {
        var store = new FolderArtifactStore(_folder);
        var created = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => store.TryCreateAsync("same", Write(i.ToString(System.Globalization.CultureInfo.InvariantCulture)), Token), Token)));
        Assert.Single(created, true);
    }

    [Fact]
    public async Task Writers_that_are_first_in_a_folder_together_all_succeed()
    {
        const int Writers = 4;
        var store = new FolderArtifactStore(_folder);
        for (var i = 0; i < 500; i++)
        {
            using var together = new Barrier(Writers);
            var created = Enumerable.Range(0, Writers).Select(writer => Task.Run(
                () =>
                {
                    together.SignalAndWait(Token);
                    return store.TryCreateAsync($"{i}/deep/{writer}", Write("."), Token);
                },
                Token));
            Assert.DoesNotContain(false, await Task.WhenAll(created));
        }
    }

    [Fact]
    public async Task Names_are_listed_in_ordinal_order_by_prefix()
    {
        var store = new FolderArtifactStore(_folder);
        foreach (var name in (string[])["s/2", "s/10", "s/1", "t/1", "sx"])
        {
            await store.TryCreateAsync(name, Write("."), Token);
        }

        Assert.Equal(["s/1", "s/10", "s/2"], await store.ListAsync("s/", Token).ToListAsync(Token));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    public async Task A_name_cannot_lead_out_of_the_store(string name) =>
        await Assert.ThrowsAsync<ArgumentException>(() => new FolderArtifactStore(_folder).TryCreateAsync(name, Write("."), Token));

    [Fact]
    public async Task What_a_link_leads_to_is_neither_listed_nor_removed()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_folder, "outside", "runs", "empty")).Parent!.FullName;
        var partial = Path.Combine(outside, $"a.{Guid.NewGuid():N}.partial");
        await File.WriteAllTextAsync(Path.Combine(outside, "a"), "mine", Token);
        await File.WriteAllTextAsync(partial, "mine", Token);
        var store = new FolderArtifactStore(Path.Combine(_folder, "store"));
        await store.TryCreateAsync("runs/one/a", Write("ours"), Token);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "store", "runs", "one", "link"), outside);

        Assert.Equal(["runs/one/a"], await store.ListAsync("runs/", Token).ToListAsync(Token));
        store.RemoveAbandoned();
        Assert.Equal(1, await store.DeleteAllAsync("runs/", Token));
        Assert.True(File.Exists(Path.Combine(outside, "a")));
        Assert.True(File.Exists(partial));
        Assert.True(Directory.Exists(Path.Combine(outside, "empty")));
        Assert.True(Directory.Exists(Path.Combine(_folder, "store", "runs", "one", "link")));
    }

    private static Func<Stream, CancellationToken, Task> Write(string text) =>
        (stream, token) => stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), token).AsTask();

    private static async Task<string?> ReadAsync(FolderArtifactStore store, string name)
    {
        await using var stream = await store.TryOpenAsync(name, Token);
        using var reader = new StreamReader(stream!);
        return await reader.ReadToEndAsync(Token);
    }
}
