using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.Tests.Samples;

public sealed class SampleFirmwareTests
{
    private static readonly SampleFirmware Firmware = new();

    public static TheoryData<string> Volumes => [.. Plans.Select(plan => plan.Volume)];

    private static VolumePlan[] Plans => [Firmware.FileSystem, Firmware.SystemOs, Firmware.AppOs];

    [Theory]
    [MemberData(nameof(Volumes))]
    public void The_trees_differ_in_the_planted_files_and_in_nothing_else(string volume)
    {
        var plan = Plans.Single(plan => plan.Volume == volume);
        var old = plan.Old.Walk().ToDictionary(entry => entry.Path, entry => Fingerprint(entry.Node));
        var @new = plan.New.Walk().ToDictionary(entry => entry.Path, entry => Fingerprint(entry.Node));
        var found = old.Keys.Union(@new.Keys)
            .Where(path => old.GetValueOrDefault(path) != @new.GetValueOrDefault(path))
            .Select(path => $"{path}: {(!old.ContainsKey(path) ? PlantedKind.Added : !@new.ContainsKey(path) ? PlantedKind.Removed : PlantedKind.Changed)}");
        var planted = plan.Changes.Where(change => change.Section == PlantedSection.Files).Select(change => $"{change.Path}: {change.Kind}");
        Assert.Equal(planted.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_Mach_O_file_of_both_trees_is_accounted_for()
    {
        foreach (var plan in Plans)
        {
            var found = MachOPaths(plan.Old).Union(MachOPaths(plan.New)).Order(StringComparer.Ordinal);
            var planted = plan.Changes.Where(change => change.Section == PlantedSection.MachO)
                .SelectMany(change => change.OldPath is null ? [change.Path] : new[] { change.Path, change.OldPath })
                .Order(StringComparer.Ordinal);
            Assert.Equal(planted, found);
        }
    }

    [Fact]
    public void Facts_bear_out_what_the_sources_say()
    {
        var sample = Slice("SystemOS", "/usr/lib/libsample.1.dylib");
        Assert.Equal(["_channel", "_crc32", "_sample_blend"], sample.SymbolsAdded);
        Assert.Equal(["_sample_legacy_count", "_strlen"], sample.SymbolsRemoved);
        Assert.Equal(["/usr/lib/libz.1.dylib"], sample.DylibsAdded);
        Assert.Equal(["one thing, described at greater length"], sample.CStringsAdded);
        Assert.Equal((5, 6), (sample.OldFunctionCount, sample.NewFunctionCount));

        Assert.Equal([new PlantedSectionChange("__TEXT.__const", 16, 16, Code: false)], Slice("SystemOS", "/usr/lib/libsampletables.dylib").Sections);
        Assert.Equal([new PlantedSectionChange("__TEXT.__cstring", 28, 28, Code: false)], Slice("SystemOS", "/usr/lib/libsampletext.dylib").Sections);
        Assert.Equal([new PlantedSectionChange("__TEXT.__text", 16, 16, Code: true)], Slice("SystemOS", "/usr/lib/libsamplecode.dylib").Sections);
        Assert.Empty(Slice("SystemOS", "/usr/lib/libsamplerebuilt.dylib").Sections);

        var kit = Slice("SystemOS", "/System/Library/Frameworks/SampleKit.framework/SampleKit");
        Assert.Contains("_OBJC_CLASS_$_SKFarewell", kit.SymbolsAdded);
        Assert.Contains("-[SKGreeter shoutForName:]", kit.SymbolsAdded);
        Assert.Contains("+[SKGreeter legacyGreeter]", kit.SymbolsRemoved);
    }

    [Fact]
    public void The_application_volume_has_no_change()
        => Assert.All(Firmware.AppOs.Changes, change => Assert.Equal(PlantedKind.Identical, change.Kind));

    private static PlantedSlice Slice(string volume, string path)
        => Firmware.Changes.Single(change => change.Section == PlantedSection.MachO && change.Volume == volume && change.Path == path).Slices!.Single();

    private static string[] MachOPaths(ForgeTree tree)
        => [.. tree.Walk().Where(entry => entry.Node is ForgeFile file && IsMachO(file.Content)).Select(entry => entry.Path)];

    private static bool IsMachO(ForgeContent content)
        => content.Length >= 4 && Convert.ToHexString(content.ToArray().AsSpan(0, 4)) is "CFFAEDFE" or "CAFEBABE";

    private static string Fingerprint(ForgeNode node) => node switch
    {
        ForgeFile file => $"file {file.Mode} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(file.Content.ToArray()))}",
        ForgeSymlink link => "symlink " + link.Target,
        _ => $"{node.GetType().Name} {node.Mode}",
    };
}
