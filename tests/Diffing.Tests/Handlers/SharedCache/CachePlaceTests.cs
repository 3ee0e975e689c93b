using IpswDiff.Diffing.Results;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;
using IpswDiff.Forge.Udif;

namespace IpswDiff.Diffing.Tests.Handlers.SharedCache;

/// <summary>Shared caches, wherever a firmware keeps them.</summary>
public class CachePlaceTests
{
    private const string Library = "/System/Library/dyld/";
    private const string SystemOs = "Cryptex1,SystemOS";

    [Fact]
    public async Task A_cache_that_moved_to_another_volume_is_compared_with_itself()
    {
        var caches = Write(3);
        using var firmwares = new ForgedFirmwares(
            Firmware(("OS", Tree()), (SystemOs, Tree((Library, caches.Old)))),
            Firmware(("OS", Tree()), (SystemOs, Tree()), ("Cryptex1,RosettaOS", Tree((Library, caches.New)))));
        var report = await firmwares.RunAsync("SharedCache");
        AssertPlants(caches.Written, report);
        var container = Assert.Single(report.Section.Containers);
        Assert.Contains("the cache moved from SystemOS to RosettaOS", container.Notes);
    }

    [Theory]
    [InlineData("Ap,ExclaveOS", "/System/ExclaveKit/System/Library/dyld/", "ExclaveKit/")]
    [InlineData(SystemOs, "/System/DriverKit/System/Library/dyld/", "DriverKit/")]
    [InlineData("OS", "/System/Library/Caches/com.apple.dyld/", "")]
    [InlineData("Cryptex1,AppOS", Library, "")]
    public async Task Caches_of_every_volume_and_kit_are_found(string role, string folder, string prefix)
    {
        var caches = Write(4);
        (string, ForgeTree)[] others = [.. new[] { "OS", SystemOs, "Cryptex1,AppOS" }.Where(other => other != role).Select(other => (other, Tree()))];
        using var firmwares = new ForgedFirmwares(
            Firmware([.. others, (role, Tree((folder, caches.Old)))]), Firmware([.. others, (role, Tree((folder, caches.New)))]));
        foreach (var exhaustive in new[] { false, true })
        {
            var report = await firmwares.RunAsync("SharedCache", options => options with { Exhaustive = exhaustive });
            AssertPlants(caches.Written, report);
            Assert.Equal(prefix + caches.Name, Assert.Single(report.Section.Containers).Name);
        }
    }

    [Fact]
    public async Task A_cache_on_the_images_of_two_groups_of_boards_is_told_once()
    {
        var caches = Write(5);
        var old = Firmware(("OS", Tree()), (SystemOs, Tree((Library, caches.Old))));
        var @new = new IpswBuilder("1.1", "1B1").AddBoard("aap", "Mac1,1").AddBoard("bap", "Mac1,2", boardId: 0x10)
            .AddVolume("OS", "010-00000-001.dmg", Image("Root", Tree()))
            .AddVolume(SystemOs, "010-00000-002.dmg", Image("A", Tree((Library, caches.New))), "aap")
            .AddVolume(SystemOs, "010-00000-003.dmg", Image("B", Tree((Library, caches.New))), "bap");
        using var firmwares = new ForgedFirmwares(old, @new);
        AssertPlants(caches.Written, await firmwares.RunAsync("SharedCache"));
    }

    [Fact]
    public async Task A_volume_that_cannot_be_searched_leaves_the_section_incomplete()
    {
        var broken = new byte[4096];
        using var firmwares = new ForgedFirmwares(
            Firmware(("OS", Tree())).AddVolume(SystemOs, "010-00000-009.dmg", ForgeContent.FromBytes(broken)),
            Firmware(("OS", Tree())).AddVolume(SystemOs, "010-00000-009.dmg", ForgeContent.FromBytes([.. broken, 1])));
        var report = await firmwares.RunAsync("SharedCache", options => options with { Handlers = ["SharedCache", "Files"] });
        Assert.Equal(SectionState.Incomplete, report.Section.State);
        Assert.Contains("SystemOS was not searched for shared caches", report.Section.Reason, StringComparison.Ordinal);
    }

    private static void AssertPlants(WrittenPair written, HandlerReport report)
    {
        Assert.Equal(SectionState.Complete, report.Section.State);
        Assert.Equal(Paths(written, PlantKind.ImageAdded), report.Paths(ItemGroup.Added));
        Assert.Equal(Paths(written, PlantKind.ImageRemoved), report.Paths(ItemGroup.Removed));
        Assert.Equal(
            written.Plants.Where(plant => plant.Kind is not (PlantKind.Identical or PlantKind.MovedOnly or PlantKind.ImageAdded or PlantKind.ImageRemoved or PlantKind.RebuiltOnly))
                .Select(plant => plant.Path).Order(StringComparer.Ordinal),
            report.Paths(ItemGroup.Changed).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Paths(WrittenPair written, PlantKind kind) =>
        written.Plants.Where(plant => plant.Kind == kind).Select(plant => plant.Path).Order(StringComparer.Ordinal);

    private static (WrittenPair Written, IReadOnlyDictionary<string, byte[]> Old, IReadOnlyDictionary<string, byte[]> New, string Name) Write(ulong seed)
    {
        var pair = SharedCachePair.Create(
            seed, 12, new SharedCacheProportions(Changed: 0.3, Rebuilt: 0.1, Added: 0.1, Removed: 0.1), new SharedCacheOptions { Seed = seed }, bytesPerImage: 20_000);
        using var old = new MemoryCacheFiles();
        using var @new = new MemoryCacheFiles();
        var written = pair.Write(old, @new);
        return (written, Contents(old), Contents(@new), pair.OldOptions.Name);
    }

    private static Dictionary<string, byte[]> Contents(MemoryCacheFiles files) => files.Files.ToDictionary(file => file.Key, file => file.Value.ToArray());

    private static ForgeTree Tree(params (string Folder, IReadOnlyDictionary<string, byte[]> Files)[] folders)
    {
        var tree = new ForgeTree();
        tree.AddFile("/System/Library/CoreServices/SystemVersion.plist", "x");
        foreach (var (folder, files) in folders)
        {
            foreach (var (name, bytes) in files)
            {
                tree.AddFile(folder + name, bytes);
            }
        }

        return tree;
    }

    private static IpswBuilder Firmware(params (string Role, ForgeTree Tree)[] volumes)
    {
        var builder = new IpswBuilder("1.0", "1A1").AddBoard("aap", "Mac1,1").AddBoard("bap", "Mac1,2", boardId: 0x10);
        foreach (var (index, volume) in volumes.Index())
        {
            builder.AddVolume(volume.Role, $"010-00000-01{index}.dmg", Image(volume.Role, volume.Tree));
        }

        return builder;
    }

    private static ForgeContent Image(string name, ForgeTree tree)
    {
        using var stream = new MemoryStream();
        ForgeImage.WriteDmg(stream, [new ApfsVolume(name, tree)]);
        return ForgeContent.FromBytes(stream.ToArray());
    }
}
