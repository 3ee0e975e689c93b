using System.Text.Json;
using IpswDiff.Forge;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;
using IpswDiff.Formats.MachO;

namespace IpswDiff.EndToEnd;

/// <summary>A system whose processors have one architecture more than those of the system before, on the command line.</summary>
public sealed class ArchitectureSuccessionTests
{
    private const string Folder = "/System/Library/dyld";

    private static readonly SharedCacheOptions After = new()
    {
        Platform = 1,
        Arch = MachOArch.Arm64EX1,
        HeaderSize = SharedCacheOptions.ArchitectureHeader,
        OsVersion = "27.0",
        Seed = 2,
        ObjCTypeOffsets = true,
    };

    [Fact]
    public void Slices_and_caches_are_compared_with_their_own_architecture_or_its_successor()
    {
        using var scratch = Cli.Scratch();
        var (old, @new) = (new ForgeTree(), new ForgeTree());

        // The same slices in another order; a slice whose architecture was succeeded; one that came beside it; one that nobody has a name for.
        Add("/usr/bin/ordered", [MachOArch.Arm64, MachOArch.Arm64EX1], [MachOArch.Arm64EX1, MachOArch.Arm64]);
        Add("/usr/bin/succeeded", [MachOArch.X8664, MachOArch.Arm64e], [MachOArch.X8664, MachOArch.Arm64EX1]);
        Add("/usr/bin/wider", [MachOArch.Arm64e], [MachOArch.Arm64e, MachOArch.Arm64EX1]);
        Add("/usr/bin/unknown", [MachOArch.Arm64Sub(13)], [MachOArch.Arm64Sub(14)]);
        var pair = SharedCachePair.Create(5, 12, new SharedCacheProportions(Changed: 0.3, Rebuilt: 0.2), new SharedCacheOptions { Platform = 1 }, bytesPerImage: 20_000, newOptions: After);
        using (var oldFiles = new MemoryCacheFiles())
        using (var newFiles = new MemoryCacheFiles())
        {
            pair.Write(oldFiles, newFiles);
            AddCache(old, oldFiles);
            AddCache(@new, newFiles);
        }

        SharedCacheTests.WriteVolume(scratch["old.img"], old);
        SharedCacheTests.WriteVolume(scratch["new.img"], @new);
        Cli.Run("diff", scratch["old.img"], scratch["new.img"], "-o", scratch["report"], "--handlers", "MachO,SharedCache").Expect(0);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(scratch["report"], "report.json")));
        var sections = report.RootElement.GetProperty("sections").EnumerateArray().ToDictionary(static section => section.GetProperty("handler").GetString()!, StringComparer.Ordinal);
        Assert.All(sections.Values, static section => Assert.Equal("complete", section.GetProperty("state").GetString()));
        Assert.Equal(["/usr/bin/succeeded", "/usr/bin/unknown", "/usr/bin/wider"], Paths(sections["MachO"], "changed"));
        Assert.Equal(["/usr/bin/ordered"], Paths(sections["MachO"], "rebuilt"));
        Assert.Empty(Paths(sections["MachO"], "added").Concat(Paths(sections["MachO"], "removed")));
        Assert.Contains("\n### arm64e → arm64e.x1\n", Page("usr/bin/succeeded"), StringComparison.Ordinal);
        Assert.DoesNotContain("x86", Page("usr/bin/succeeded"), StringComparison.Ordinal);
        Assert.Contains("\n### arm64e.x1 — added\n", Page("usr/bin/wider"), StringComparison.Ordinal);
        Assert.Contains("\n### arm64.sub13 — removed\n", Page("usr/bin/unknown"), StringComparison.Ordinal);
        Assert.Contains("\n### arm64.sub14 — added\n", Page("usr/bin/unknown"), StringComparison.Ordinal);

        Assert.Empty(Paths(sections["SharedCache"], "added").Concat(Paths(sections["SharedCache"], "removed")));
        Assert.NotEmpty(Paths(sections["SharedCache"], "changed"));
        Assert.Contains(
            "\n> the old cache is for arm64e, the new one for arm64e.x1, which succeeded it: they are compared with each other\n",
            File.ReadAllText(Path.Combine(scratch["report"], "README.md")).Replace("\\.", ".", StringComparison.Ordinal), StringComparison.Ordinal);

        void Add(string path, MachOArch[] before, MachOArch[] after)
        {
            old.AddFile(path, Fat(before));
            @new.AddFile(path, Fat(after));
        }

        string Page(string path) => File.ReadAllText(Directory.GetFiles(Path.Combine(scratch["report"], "MACHOS"), Path.GetFileName(path) + ".md", SearchOption.AllDirectories).Single())
            .Replace("\\.", ".", StringComparison.Ordinal).Replace("\\_", "_", StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_names_the_architectures_of_binaries_and_caches()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["fat"], Fat([MachOArch.Arm64e, MachOArch.Arm64EX1, MachOArch.Arm64X1, MachOArch.Arm64Sub(13)]));
        Assert.Equal(["arm64e", "arm64e.x1", "arm64.x1", "arm64.sub13"], Inspect(scratch["fat"]).GetProperty("slices").EnumerateArray().Select(static slice => slice.GetProperty("arch").GetString()));
        using (var files = new FolderCacheFiles(scratch["caches"]))
        {
            ExampleCaches.Builder(After, images: 3).Write(files);
        }

        var cache = Inspect(Path.Combine(scratch["caches"], After.Name));
        Assert.Equal(("dyld_shared_cache", "arm64e.x1"), (cache.GetProperty("type").GetString(), cache.GetProperty("arch").GetString()));
    }

    [Fact]
    public void Names_are_those_of_llvm_where_it_has_them()
    {
        var lipo = Witnesses.Lipo.Required();
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["fat"], Fat([MachOArch.X8664, MachOArch.Arm64e]));
        Assert.Equal(["x86_64", "arm64e"], Archs("fat"));
        foreach (var arch in new[] { MachOArch.Arm64EX1, MachOArch.Arm64X1 })
        {
            File.WriteAllBytes(scratch[arch.Name], Fat([arch]));
            var name = Assert.Single(Archs(arch.Name));
            Assert.SkipWhen(name.StartsWith("unknown(", StringComparison.Ordinal), $"{lipo} has no name for {arch.Name}: {name}");
            Assert.Equal(name, arch.Name);
        }

        string[] Archs(string file) => Witness.Run(lipo!, "-archs", scratch[file]).Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static byte[] Fat(MachOArch[] archs) => FatBuilder.Build([.. archs.Select(static arch => (arch, ExampleImage.Create(arch, MachOFileType.Dylib).Build()))]);

    private static void AddCache(ForgeTree tree, MemoryCacheFiles files)
    {
        foreach (var (name, bytes) in files.Files)
        {
            tree.AddFile($"{Folder}/{name}", bytes);
        }
    }

    private static JsonElement Inspect(string path) => JsonDocument.Parse(Cli.Run("inspect", path, "--json").Expect(0).Output).RootElement;

    private static string[] Paths(JsonElement section, string group) => [.. section.GetProperty(group).EnumerateArray().Select(static item => item.GetProperty("path").GetString()!)];
}
