using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cloud.Tests.Storage;

public sealed class FolderArtifactStoreContractTests : ArtifactStoreContract, IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"ipswdiff-test-{Guid.NewGuid():N}");

    protected override Task<IArtifactStore> OpenAsync() => Task.FromResult<IArtifactStore>(new FolderArtifactStore(_folder));

    [Fact]
    public async Task Removing_all_names_removes_the_folders_too()
    {
        var store = await OpenAsync();
        await store.TryCreateAsync("a/b/c", Write([1]), Token);
        await store.DeleteAllAsync("a/", Token);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

public sealed class SplitArtifactStoreContractTests : ArtifactStoreContract, IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"ipswdiff-test-{Guid.NewGuid():N}");

    private FolderArtifactStore Below => new(Path.Combine(_folder, "below"));

    private FolderArtifactStore Others => new(Path.Combine(_folder, "others"));

    [Theory]
    [InlineData("", 5, "a", "s", "s/1", "s/2/x", "sx")]
    [InlineData("s", 4, "s", "s/1", "s/2/x", "sx")]
    [InlineData("s/", 2, "s/1", "s/2/x")]
    [InlineData("s/2", 1, "s/2/x")]
    [InlineData("a", 1, "a")]
    [InlineData("t", 0)]
    public async Task Each_name_is_in_one_of_both_and_all_are_listed_in_order(string prefix, int count, params string[] names)
    {
        var store = new SplitArtifactStore("s", Below, Others);
        foreach (var name in (string[])["sx", "s/2/x", "a", "s", "s/1"])
        {
            // In folders a name cannot be a folder, too; in two stores it can.
            await store.TryCreateAsync(name, Write([1]), Token);
        }

        Assert.Equal(["s/1", "s/2/x"], await Below.ListAsync(string.Empty, Token).ToListAsync(Token));
        Assert.Equal(["a", "s", "sx"], await Others.ListAsync(string.Empty, Token).ToListAsync(Token));
        Assert.Equal(names, await store.ListAsync(prefix, Token).ToListAsync(Token));
        Assert.Equal(count, await store.DeleteAllAsync(prefix, Token));
        Assert.Equal(5 - count, await store.ListAsync(string.Empty, Token).CountAsync(Token));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override Task<IArtifactStore> OpenAsync() => Task.FromResult<IArtifactStore>(new SplitArtifactStore("s", Below, Others));
}

public sealed class BlobArtifactStoreContractTests(AzuriteFixture azurite) : ArtifactStoreContract
{
    protected override async Task<IArtifactStore> OpenAsync() => (await azurite.OpenAsync(Token)).Artifacts;
}
