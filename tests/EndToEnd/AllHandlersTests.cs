using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Forge.Dwarf;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Samples;
using IpswDiff.Forge.SharedCache;

namespace IpswDiff.EndToEnd;

/// <summary>
/// One firmware pair with something planted for every handler, all handlers at once: kernelcache, firmware and boot stages in the
/// archive, the sample volumes, a shared cache, and two Kernel Debug Kits beside them.
/// </summary>
public sealed class AllHandlersTests : IDisposable
{
    private const string Strings = "/System/Library/CoreServices/Sample.bundle/en.lproj/Localizable.strings";
    private static readonly string[] Groups = ["added", "removed", "changed", "moved", "rebuilt", "unreadable"];

    private readonly ScratchFolder _scratch = Cli.Scratch();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("1", "512M", false)]
    [InlineData("7", "128M", false)]
    [InlineData("2", "512M", true)]
    public void Names_exactly_what_was_planted_for_every_handler(string parallelism, string memory, bool exhaustive)
    {
        var caches = Build(out var kits);
        string[] command =
        [
            "diff", _scratch["old.ipsw"], _scratch["new.ipsw"], "-o", _scratch["report"], "--functions", "--strings",
            "--kdk", _scratch["KDK_1.kdk"], _scratch["KDK_2.kdk"], "--parallelism", parallelism, "--memory-limit", memory,
        ];
        Cli.Run(exhaustive ? [.. command, "--exhaustive"] : command).Expect(0);
        using var report = JsonDocument.Parse(File.ReadAllBytes(_scratch["report/report.json"]));
        var told = report.RootElement.GetProperty("sections").EnumerateArray().ToDictionary(
            section => section.GetProperty("handler").GetString()!,
            section => Groups.SelectMany(group => section.GetProperty(group).EnumerateArray().Select(item => Line(group, item))).Order(StringComparer.Ordinal).ToArray(),
            StringComparer.Ordinal);
        Assert.All(report.RootElement.GetProperty("sections").EnumerateArray(), section => Assert.Equal("complete", section.GetProperty("state").GetString()));

        Assert.Equal(
            ["added  com.apple.driver.Added", "changed  com.apple.driver.Changed", "removed  com.apple.driver.Gone"], told["Kernelcache"]);
        Assert.Equal(
            [
                "added  Firmware/agx/armfw_g99.im4p/agx_new0", "changed  Firmware/agx/armfw_g99.im4p/agx_a000",
                "changed  Firmware/all_flash/DeviceTree.d99ap.im4p", "changed  StaticTrustCache", "removed  Firmware/gone.im4p",
            ],
            told["Firmware"]);
        Assert.Equal(
            ["added  Firmware/all_flash/iBoot.d99.RELEASE.im4p/AppleSMCFirmware.bin", "changed  Firmware/all_flash/iBoot.d99.RELEASE.im4p"], told["IBoot"]);
        Assert.Equal(
            kits.Added.Select(type => $"added  {type}").Concat(kits.Removed.Select(type => $"removed  {type}")).Concat(kits.Changed.Select(type => $"changed  {type}"))
                .Order(StringComparer.Ordinal),
            told["Kdk"].Select(line => line.Replace("kernel.release.t8132 ", " ", StringComparison.Ordinal)));
        foreach (var section in (PlantedSection[])[PlantedSection.MachO, PlantedSection.Entitlements, PlantedSection.Features, PlantedSection.Launchd])
        {
            Assert.Equal(Planted(section), told[section.ToString()]);
        }

        Assert.Equal([$"changed SystemOS {Strings}"], told["Localizations"]);
        Assert.Equal(Planted(PlantedSection.Files), told["Files"].Where(line => !line.Contains(" IPSW ", StringComparison.Ordinal) && !line.Contains(" SystemOS ", StringComparison.Ordinal)));
        Assert.Contains("removed IPSW Firmware/gone.im4p", told["Files"]);
        Assert.Equal(PlantedImages(caches, "added", PlantKind.ImageAdded, PlantKind.ImageAdded), told["SharedCache"].Where(line => line.StartsWith("added", StringComparison.Ordinal)));
        Assert.Equal(PlantedImages(caches, "changed", PlantKind.CodeChanged, PlantKind.Several), told["SharedCache"].Where(line => line.StartsWith("changed", StringComparison.Ordinal)));
        Assert.DoesNotContain(told.Values.SelectMany(lines => lines), line => line.StartsWith("unreadable", StringComparison.Ordinal));
    }

    private static string Line(string group, JsonElement item)
    {
        string? Text(string name) => item.TryGetProperty(name, out var value) ? value.GetString() : null;
        return $"{group} {Text("volume")} {Text("path")}{(Text("fromPath") is { } from ? " from " + from : string.Empty)}";
    }

    // The sample's SystemOS gives way to the volume with the shared cache.
    private static string[] Planted(PlantedSection section) =>
    [
        .. SampleDiffTests.SampleDiff.Firmware.Changes
            .Where(change => change.Section == section && change.Kind != PlantedKind.Identical && change.Volume is ("FileSystem" or "AppOS"))
            .Select(SampleDiffTests.Line).Order(StringComparer.Ordinal),
    ];

    private static string[] PlantedImages(WrittenPair caches, string group, PlantKind first, PlantKind last) =>
        [.. caches.Plants.Where(plant => plant.Kind >= first && plant.Kind <= last).Select(plant => $"{group}  {plant.Path}").Order(StringComparer.Ordinal)];

    private WrittenPair Build(out KdkPair kits)
    {
        var (oldTree, newTree) = (new ForgeTree(), new ForgeTree());
        var written = SharedCacheTests.Place(
            SharedCacheTests.Pair(5, new SharedCacheOptions()), "/System/Library/dyld", "/System/Library/Caches/com.apple.dyld", oldTree, newTree);
        oldTree.AddFile(Strings, "\"Greeting\" = \"Hello\";\n");
        newTree.AddFile(Strings, "\"Greeting\" = \"Good day\";\n");
        SharedCacheTests.WriteVolume(_scratch["old.img"], oldTree);
        SharedCacheTests.WriteVolume(_scratch["new.img"], newTree);
        Write(isNew: false, Samples.Old, SampleFirmware.OldVersion, _scratch["old"]);
        Write(isNew: true, Samples.New, SampleFirmware.NewVersion, _scratch["new"]);
        kits = KdkPair.Create(22, 40);
        KdkPair.WriteKit(_scratch["KDK_1.kdk"], "kernel.release.t8132", kits.Old, new DwarfWriterOptions());
        KdkPair.WriteKit(_scratch["KDK_2.kdk"], "kernel.release.t8132", kits.New, new DwarfWriterOptions());
        return written;
    }

    private static void Write(bool isNew, string sample, SampleVersion version, string name)
    {
        using var archive = ZipFile.OpenRead(sample);
        FirmwareDiffTests.Build(isNew)
            .AddVolume("OS", version.OsImage, ForgeContent.FromBytes(Member(archive, version.OsImage)))
            .AddVolume("Cryptex1,SystemOS", version.SystemOsImage, ForgeContent.FromBytes(File.ReadAllBytes(name + ".img")))
            .AddVolume("Cryptex1,AppOS", isNew ? "058-30003-300.dmg" : version.AppOsImage, ForgeContent.FromBytes(Member(archive, version.AppOsImage)))
            .WriteFile(name + ".ipsw");
    }

    private static byte[] Member(ZipArchive archive, string name)
    {
        using var stream = archive.GetEntry(name)!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
