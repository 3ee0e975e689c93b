using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cloud.Tests.Storage;

public sealed class FolderRunCatalogTests : RunCatalogContract, IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"ipswdiff-test-{Guid.NewGuid():N}");

    protected override Task<IRunCatalog> OpenAsync() => Task.FromResult<IRunCatalog>(new FolderRunCatalog(_folder));

    [Fact]
    public async Task A_damaged_record_is_an_error_that_names_the_file()
    {
        var catalog = new FolderRunCatalog(_folder);
        var run = new RunRecord { Id = RunRecord.NewId(DateTimeOffset.UtcNow), Old = "a", New = "b" };
        await catalog.TryAddRunAsync(run, Token);
        var file = Assert.Single(Directory.EnumerateFiles(Path.Combine(_folder, "runs")));
        await File.WriteAllTextAsync(file, "x\n{\"id\":", Token);
        var fault = await Assert.ThrowsAsync<IOException>(() => catalog.FindRunAsync(run.Id, Token));
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

public sealed class TableRunCatalogTests(AzuriteFixture azurite) : RunCatalogContract
{
    private CloudOptions? _options;

    protected override async Task<IRunCatalog> OpenAsync()
    {
        _options ??= azurite.NewOptions();
        var storage = CloudStorage.Open(_options);
        await storage.PrepareAsync(Token);
        return storage.Catalog;
    }
}
