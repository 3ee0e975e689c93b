using System.Text.Json;
using IpswDiff.Forge;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.EndToEnd;

/// <summary>Shared caches on the command line.</summary>
public sealed class SharedCacheTests
{
    // Both outputs were held once against the bytes of the files, field by field, by a script of its own.
    [Theory]
    [InlineData(
        "dyld_shared_cache_arm64-macOS",
        """
        type: dyld_shared_cache
        arch: arm64
        uuid: 857BCE1A-017E-3464-9909-D58EE21CF8DC
        platform: macos
        osVersion: null
        localSymbols: false
        files:
          - name=dyld_shared_cache_arm64-macOS  uuid=857BCE1A-017E-3464-9909-D58EE21CF8DC  size=212992
            mappings:
              - address=6442450944  size=98304  fileOffset=0  maxProtection=r-x  initialProtection=r-x  slideVersion=0
              - address=6476103680  size=16384  fileOffset=98304  maxProtection=rw-  initialProtection=rw-  slideVersion=2
              - address=6509674496  size=81920  fileOffset=114688  maxProtection=r--  initialProtection=r--  slideVersion=0
        images:
          - path=/usr/lib/liba-1.0.dylib  uuid=CCBF29D4-5569-3A15-9231-4E14D41A542A  address=6442455040  textSize=16384
          - path=/usr/lib/libb-1.0.dylib  uuid=60D2F3D6-44A2-3910-8750-3A56A3D8FF07  address=6442471424  textSize=16384
        notes: 
        """)]
    [InlineData(
        "dyld_shared_cache_arm64-macOS-objc",
        """
        type: dyld_shared_cache
        arch: arm64
        uuid: 0051C062-211E-3A66-9AF7-D590307D245C
        platform: macos
        osVersion: null
        localSymbols: false
        files:
          - name=dyld_shared_cache_arm64-macOS-objc  uuid=0051C062-211E-3A66-9AF7-D590307D245C  size=622592
            mappings:
              - address=6442450944  size=409600  fileOffset=0  maxProtection=r-x  initialProtection=r-x  slideVersion=0
              - address=6476414976  size=81920  fileOffset=409600  maxProtection=rw-  initialProtection=rw-  slideVersion=2
              - address=6510051328  size=114688  fileOffset=491520  maxProtection=r--  initialProtection=r--  slideVersion=0
        images:
          - path=/usr/lib/libSystem.B.dylib  uuid=02A9128F-27FA-3379-84F0-39D4425B2EE0  address=6442455040  textSize=16384
          - path=/usr/lib/liba-1.0.dylib  uuid=19A9B80A-FC50-359A-8AB3-F8EC0A5B28E1  address=6442471424  textSize=16384
          - path=/usr/lib/libb-1.0.dylib  uuid=BF6E312D-43CA-3B9F-AE00-D4C49CD34FF7  address=6442487808  textSize=16384
          - path=/usr/lib/libc++.1.dylib  uuid=C0867E3B-EA5C-334A-B2B9-9BC49F02CD9E  address=6442504192  textSize=16384
          - path=/usr/lib/libc++abi.dylib  uuid=09DE185E-9C32-310B-8345-BB88296DBEC3  address=6442520576  textSize=16384
          - path=/usr/lib/libhello-1.0.dylib  uuid=7CCBDE17-E0B8-311B-89AE-EECC1C2B48CF  address=6442536960  textSize=16384
          - path=/usr/lib/libobjc.A.dylib  uuid=C0227E25-08A5-3862-A483-8203D8E75460  address=6442553344  textSize=229376
          - path=/usr/lib/system/libdyld.dylib  uuid=4617AAD3-9668-3EB3-8CFE-FC64FF0A3E24  address=6442782720  textSize=16384
        notes: 
        """)]
    public void Inspect_describes_the_caches_that_Apple_built(string name, string expected)
    {
        var path = SampleFiles.Find("dsc/" + name);
        Assert.SkipWhen(path is null, $"the optional sample {name} is absent");
        Assert.Equal(expected.ReplaceLineEndings("\n"), Cli.Run("inspect", path!).Expect(0).Output.ReplaceLineEndings("\n").TrimEnd('\n'));
    }

    [Fact]
    public void Finds_every_cache_of_a_volume_and_tells_them_apart()
    {
        using var scratch = Cli.Scratch();
        var system = Pair(1, new SharedCacheOptions());
        var second = Pair(2, new SharedCacheOptions { Arch = MachOArch.X8664h, SlideVersion = 2, Platform = 1 });
        var drivers = Pair(3, new SharedCacheOptions { Platform = 10, Split = SharedCacheSplit.Named, LocalSymbols = LocalSymbolsPlace.None });
        var (oldTree, newTree) = (new ForgeTree(), new ForgeTree());
        var written = new[]
        {
            Place(system, "/System/Library/dyld", "/System/Library/Caches/com.apple.dyld", oldTree, newTree),
            Place(second, "/System/Library/dyld", "/System/Library/dyld", oldTree, newTree),
            Place(drivers, "/System/DriverKit/System/Library/dyld", "/System/DriverKit/System/Library/dyld", oldTree, newTree),
        };
        newTree.AddFile("/System/Library/dyld/dyld_shared_cache_x86_64h.map", "a list for people");
        WriteVolume(scratch["old.img"], oldTree);
        WriteVolume(scratch["new.img"], newTree);

        Cli.Run("diff", scratch["old.img"], scratch["new.img"], "--handlers", "SharedCache", "-o", scratch["report"]).Expect(0);
        var section = Section(scratch["report"]);
        Assert.Equal("complete", section.GetProperty("state").GetString());
        string[] labels = ["DriverKit/dyld_shared_cache_arm64e", "dyld_shared_cache_arm64e", "dyld_shared_cache_x86_64h"];
        Assert.Equal(labels, section.GetProperty("containers").EnumerateArray().Select(container => container.GetProperty("name").GetString()));
        foreach (var (pair, label) in written.Zip([labels[1], labels[2], labels[0]]))
        {
            Assert.Equal(
                pair.Plants.Where(plant => plant.Kind == PlantKind.ImageAdded).Select(plant => plant.Path).Order(StringComparer.Ordinal),
                Paths(section, "added", label).Order(StringComparer.Ordinal));

            // Without instructions that can be told from addresses, code that kept its size is not seen to change.
            if (label != labels[1])
            {
                continue;
            }

            Assert.Equal(
                pair.Plants.Where(plant => plant.Kind is >= PlantKind.CodeChanged and <= PlantKind.Several).Select(plant => plant.Path).Order(StringComparer.Ordinal),
                Paths(section, "changed", label).Order(StringComparer.Ordinal));
            var page = Path.Combine(scratch["report"], "DYLIBS", label, Paths(section, "changed", label).First().TrimStart('/') + ".md");
            Assert.True(File.Exists(page), page);
        }

        var readme = File.ReadAllText(Path.Combine(scratch["report"], "README.md"));
        Assert.Contains("\n## DSC\n", readme, StringComparison.Ordinal);
        Assert.Contains("\n### WebKit ", readme, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_which_file_of_a_cache_is_missing_or_belongs_to_another()
    {
        using var scratch = Cli.Scratch();
        var pair = Pair(4, new SharedCacheOptions());
        pair.Write(scratch.Root);
        var name = pair.OldOptions.Name;
        var part = Directory.GetFiles(scratch["new"]).Single(file => file.EndsWith(".02.dyldlinkedit", StringComparison.Ordinal));
        File.Copy(Path.Combine(scratch["old"], Path.GetFileName(part)), part, overwrite: true);
        var swapped = Cli.Run("diff", Path.Combine(scratch["old"], name), Path.Combine(scratch["new"], name)).Expect(4);
        Assert.Contains("it belongs to another cache", swapped.Error, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(part), swapped.Error, StringComparison.Ordinal);

        File.Delete(part);
        var missing = Cli.Run("diff", Path.Combine(scratch["old"], name), Path.Combine(scratch["new"], name)).Expect(4);
        Assert.Contains(Path.GetFileName(part), missing.Error, StringComparison.Ordinal);
        Assert.Contains("missing", missing.Error, StringComparison.Ordinal);
        Assert.Single(missing.Error.TrimEnd().Split('\n'));

        // A part named in place of the main file.
        var wrong = Cli.Run("diff", Path.Combine(scratch["old"], name + ".01.dylddata"), Path.Combine(scratch["old"], name + ".01.dylddata")).Expect(4);
        Assert.Contains("open the main file", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Goes_on_where_one_of_several_caches_cannot_be_read()
    {
        using var scratch = Cli.Scratch();
        Pair(5, new SharedCacheOptions()).Write(scratch.Root);
        Pair(6, new SharedCacheOptions { Arch = MachOArch.Arm64, SlideVersion = 2 }).Write(scratch.Root);
        File.Delete(Path.Combine(scratch["new"], "dyld_shared_cache_arm64.01.dylddata"));
        Cli.Run("diff", scratch["old"], scratch["new"], "-o", scratch["report"]).Expect(3);
        var section = Section(scratch["report"]);
        Assert.Equal("incomplete", section.GetProperty("state").GetString());
        Assert.Contains("dyld_shared_cache_arm64.01.dylddata is missing", section.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(Paths(section, "changed", "dyld_shared_cache_arm64e"));
    }

    [Fact]
    public void Compares_without_local_symbols_where_one_side_has_none_and_says_so()
    {
        using var scratch = Cli.Scratch();
        var pair = Pair(7, new SharedCacheOptions());
        var written = pair.Write(scratch.Root);
        var name = pair.OldOptions.Name;
        File.Delete(Path.Combine(scratch["new"], name + ".symbols"));
        Cli.Run("diff", Path.Combine(scratch["old"], name), Path.Combine(scratch["new"], name), "-o", scratch["report"]).Expect(0);
        var section = Section(scratch["report"]);
        var notes = section.GetProperty("containers")[0].GetProperty("notes").EnumerateArray().Select(note => note.GetString()).ToArray();
        Assert.Equal([$"{name}.symbols is missing: local symbols are not read", "only the old cache has local symbols: they are not compared"], notes);
        Assert.Equal(
            written.Plants.Where(plant => plant.Kind == PlantKind.RebuiltOnly).Select(plant => plant.Path).Order(StringComparer.Ordinal),
            Paths(section, "rebuilt", null).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Lists_an_image_that_cannot_be_read_and_compares_the_others()
    {
        using var scratch = Cli.Scratch();
        var pair = Pair(8, new SharedCacheOptions());
        var written = pair.Write(scratch.Root);
        var name = pair.OldOptions.Name;
        var victim = written.Plants.First(plant => plant.Kind == PlantKind.CodeChanged).Path;
        var address = written.New.Images.Single(image => image.Path == victim).Address;
        using (var file = File.OpenWrite(Path.Combine(scratch["new"], name)))
        {
            // The number of load commands; all text of a small cache is in the main file, from its base on.
            file.Position = (long)(address - written.New.BaseAddress) + 16;
            file.Write([0xFF, 0xFF, 0xFF, 0x7F]);
        }

        Cli.Run("diff", Path.Combine(scratch["old"], name), Path.Combine(scratch["new"], name), "-o", scratch["report"]).Expect(3);
        var section = Section(scratch["report"]);
        Assert.Equal([victim], Paths(section, "unreadable", null));
        Assert.Contains("load commands", section.GetProperty("unreadable")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            written.Plants.Where(plant => plant.Kind is >= PlantKind.CodeChanged and <= PlantKind.Several && plant.Path != victim).Select(plant => plant.Path).Order(StringComparer.Ordinal),
            Paths(section, "changed", null).Order(StringComparer.Ordinal));
    }

    internal static SharedCachePair Pair(ulong seed, SharedCacheOptions options) => SharedCachePair.Create(
        seed, 40, new SharedCacheProportions(Changed: 0.4, Rebuilt: 0.2, Added: 0.1, Removed: 0.05), options with { Seed = seed }, bytesPerImage: 30_000);

    internal static WrittenPair Place(SharedCachePair pair, string oldFolder, string newFolder, ForgeTree oldTree, ForgeTree newTree)
    {
        using var oldFiles = new MemoryCacheFiles();
        using var newFiles = new MemoryCacheFiles();
        var written = pair.Write(oldFiles, newFiles);
        foreach (var (name, bytes) in oldFiles.Files)
        {
            oldTree.AddFile($"{oldFolder}/{name}", bytes);
        }

        foreach (var (name, bytes) in newFiles.Files)
        {
            newTree.AddFile($"{newFolder}/{name}", bytes);
        }

        return written;
    }

    internal static void WriteVolume(string path, ForgeTree tree)
    {
        using var file = File.Create(path);
        new ApfsContainer([new ApfsVolume("System", tree)]).WriteTo(new StreamSink(file));
    }

    private static JsonElement Section(string report)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(report, "report.json")));
        return json.RootElement.GetProperty("sections").EnumerateArray().Single(section => section.GetProperty("handler").GetString() == "SharedCache").Clone();
    }

    private static IEnumerable<string> Paths(JsonElement section, string group, string? cache) => section.GetProperty(group).EnumerateArray()
        .Where(item => (item.TryGetProperty("volume", out var volume) ? volume.GetString() : null) == cache)
        .Select(item => item.GetProperty("path").GetString()!);
}
