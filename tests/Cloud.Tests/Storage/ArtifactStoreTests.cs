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

public sealed class BlobArtifactStoreContractTests(AzuriteFixture azurite) : ArtifactStoreContract
{
    protected override async Task<IArtifactStore> OpenAsync() => (await azurite.OpenAsync(Token)).Artifacts;
}
