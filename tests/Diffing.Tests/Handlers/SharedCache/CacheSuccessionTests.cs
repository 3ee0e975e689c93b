using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Running;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.Diffing.Tests.Handlers.SharedCache;

/// <summary>
/// Which caches of two systems are compared with each other when the architecture changed between them.
/// </summary>
public sealed class CacheSuccessionTests : IDisposable
{
    private const string Plain = "dyld_shared_cache_arm64e";
    private const string Next = "dyld_shared_cache_arm64e_x1";

    private static readonly SharedCacheOptions Before = new() { Platform = 1 };
    private static readonly SharedCacheOptions After = new() { Platform = 1, Arch = MachOArch.Arm64EX1, HeaderSize = SharedCacheOptions.ArchitectureHeader, OsVersion = "27.0", Seed = 9 };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ipswdiff-dsc");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cache_is_compared_with_that_of_the_architecture_that_succeeded_its_own(bool isReversed)
    {
        var pair = SharedCachePair.Create(11, 20, new SharedCacheProportions(Changed: 0.3, Rebuilt: 0.2, Added: 0.1, Removed: 0.1), Before, bytesPerImage: 30_000, newOptions: After);
        var written = pair.Write(_folder.FullName);
        var report = isReversed ? await RunAsync("new", "old") : await RunAsync("old", "new");
        var container = Assert.Single(report.Section.Containers);
        Assert.Equal((isReversed ? Plain : Next, 1), (container.Name, container.Notes.Count));
        Assert.Equal(
            isReversed
                ? "the old cache is for arm64e.x1, the new one for arm64e, which preceded it: they are compared with each other"
                : "the old cache is for arm64e, the new one for arm64e.x1, which succeeded it: they are compared with each other",
            container.Notes[0]);
        Assert.Equal(Paths(written, PlantKind.ImageAdded), report.Paths(isReversed ? ItemGroup.Removed : ItemGroup.Added).Order(StringComparer.Ordinal));
        Assert.Equal(Paths(written, PlantKind.ImageRemoved), report.Paths(isReversed ? ItemGroup.Added : ItemGroup.Removed).Order(StringComparer.Ordinal));
        Assert.All(report.Details.Values, details => Assert.Equal(isReversed ? ("arm64e.x1", "arm64e") : ("arm64e", "arm64e.x1"), (details.Slices[0].OldArch, details.Slices[0].Arch)));
    }

    [Fact]
    public async Task A_cache_of_the_same_architecture_comes_first()
    {
        Write("old", Before, 3);
        Write("new", Before, 3);
        Write("new", After, 5);
        var report = await RunAsync("old", "new");
        Assert.Equal([(Plain, 3L, 3L), (Next, 0L, 5L)], report.Section.Containers.Select(static cache => (cache.Name, cache.OldItems, cache.NewItems)));
        Assert.All(report.Section.Containers, static cache => Assert.Empty(cache.Notes));
    }

    [Fact]
    public async Task A_cache_of_drivers_is_compared_with_one_of_drivers()
    {
        Write("old", Before, 3);
        Write("old/System/DriverKit/System/Library/dyld", Before with { Platform = 10 }, 4);
        Write("new", After, 3);
        Write("new/System/DriverKit/System/Library/dyld", After with { Platform = 10 }, 4);
        var report = await RunAsync("old", "new");
        Assert.Equal([("DriverKit/" + Next, 4L, 4L), (Next, 3L, 3L)], report.Section.Containers.Select(static cache => (cache.Name, cache.OldItems, cache.NewItems)));
    }

    [Fact]
    public async Task Caches_of_subtypes_that_nobody_knows_are_compared_with_their_own_alone()
    {
        var (one, other) = (After with { Arch = MachOArch.Arm64Sub(13) }, After with { Arch = MachOArch.Arm64Sub(14) });
        Write("old", one, 3);
        Write("old", Before, 4);
        Write("new", other, 3);
        Write("new", one, 3);
        var report = await RunAsync("old", "new");
        Assert.Equal(
            [(Plain, 4L, 0L), ("dyld_shared_cache_arm64_sub13", 3L, 3L), ("dyld_shared_cache_arm64_sub14", 0L, 3L)],
            report.Section.Containers.Select(static cache => (cache.Name, cache.OldItems, cache.NewItems)).OrderBy(static cache => cache.Name.Length).ThenBy(static cache => cache.Name, StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_the_header_states_is_believed_and_not_the_name()
    {
        // Both are called by the plain name.
        Write("old", Before, 3);
        Write("new", After, 3);
        foreach (var file in Directory.GetFiles(Path.Combine(_folder.FullName, "new")))
        {
            File.Move(file, file.Replace(Next, Plain, StringComparison.Ordinal));
        }

        var report = await RunAsync("old", "new");
        Assert.Contains("arm64e.x1, which succeeded it", Assert.Single(Assert.Single(report.Section.Containers).Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_read_is_known_by_its_name()
    {
        Write("old", Before, 3);
        Write("new", After, 3);
        File.Delete(Path.Combine(_folder.FullName, "new", Next + ".01.dylddata"));
        var fault = await Assert.ThrowsAsync<DiffFailedException>(() => RunAsync("old", "new"));
        Assert.Contains(Next + ".01.dylddata", fault.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static IEnumerable<string> Paths(WrittenPair written, PlantKind kind) =>
        written.Plants.Where(plant => plant.Kind == kind).Select(static plant => plant.Path).Order(StringComparer.Ordinal);

    private void Write(string folder, SharedCacheOptions options, int images)
    {
        using var files = new FolderCacheFiles(Path.Combine(_folder.FullName, folder));
        ExampleCaches.Builder(options, images).Write(files);
    }

    private async Task<SectionReport> RunAsync(string old, string @new)
    {
        var store = new FolderArtifactStore(Path.Combine(_folder.FullName, "run"));
        var request = new DiffRequest
        {
            Options = new DiffOptions
            {
                OldPath = Path.Combine(_folder.FullName, old),
                NewPath = Path.Combine(_folder.FullName, @new),
                Handlers = ["SharedCache"],
                Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, 2),
            },
            Formats = ["json"],
        };
        return await SectionReport.ReadAsync(
            await new DiffRun(request, store, store).RunAsync(new InputOptions(), CancellationToken.None), "SharedCache");
    }
}
