using System.Text.Json;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.Tests.Samples;

public sealed class SampleArchivesTests
{
    private const int SizeLimit = 3_000_000;

    private static readonly SampleFirmware Firmware = new();

    [Fact]
    public void Committed_firmwares_rebuild_byte_for_byte()
    {
        Assert.Equal(File.ReadAllBytes(PathOf(SampleFirmware.OldVersion.FileName)), Firmware.OldIpsw);
        Assert.Equal(File.ReadAllBytes(PathOf(SampleFirmware.NewVersion.FileName)), Firmware.NewIpsw);
    }

    [Fact]
    public void Committed_truth_is_what_was_planted() => Assert.Equal(File.ReadAllText(PathOf("truth.json")), Firmware.TruthJson());

    [Fact]
    public void Each_firmware_is_small_enough_to_be_committed()
    {
        Assert.InRange(Firmware.OldIpsw.Length, 1, SizeLimit);
        Assert.InRange(Firmware.NewIpsw.Length, 1, SizeLimit);
    }

    [Fact]
    public void Truth_names_every_change_once()
    {
        using var truth = JsonDocument.Parse(Firmware.TruthJson());
        var names = truth.RootElement.GetProperty("changes").EnumerateArray()
            .Select(change => $"{change.GetProperty("section")} {change.GetProperty("volume")} {change.GetProperty("path")}")
            .ToList();
        Assert.Equal(names.Distinct(), names);
        Assert.All(Enum.GetValues<PlantedKind>(), kind => Assert.Contains(Firmware.Changes, change => change.Kind == kind));
        Assert.All(Enum.GetValues<PlantedSection>(), section => Assert.Contains(Firmware.Changes, change => change.Section == section));
    }

    [Fact]
    public void Seven_zip_extracts_from_the_archives_what_was_planted_in_the_volumes()
    {
        var sevenZip = Witnesses.SevenZip.Required();
        var folder = Directory.CreateTempSubdirectory("samples-");
        try
        {
            foreach (var (version, isNew) in new[] { (SampleFirmware.OldVersion, false), (SampleFirmware.NewVersion, true) })
            {
                foreach (var (image, plan) in new[] { (version.OsImage, Firmware.FileSystem), (version.SystemOsImage, Firmware.SystemOs), (version.AppOsImage, Firmware.AppOs) })
                {
                    Extract(sevenZip, PathOf(version.FileName), image, folder.FullName);
                    var listed = Witness.Run(sevenZip, "l", "-ba", "-slt", Path.Combine(folder.FullName, image)).Output.Split('\n')
                        .Where(line => line.StartsWith("Path = ", StringComparison.Ordinal))
                        .Select(line => line["Path = ".Length..].TrimEnd('\r'))
                        .Order(StringComparer.Ordinal);
                    var planted = (isNew ? plan.New : plan.Old).Walk().Select(entry => entry.Path[1..]).Where(path => path.Length > 0).Order(StringComparer.Ordinal);
                    Assert.Equal(planted, listed);
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Extract(string sevenZip, string archive, string member, string folder)
    {
        var result = Witness.Run(sevenZip, "e", "-y", "-o" + folder, archive, member);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    private static string PathOf(string name) => Path.Combine(SampleBinaries.SamplesFolder, name);
}
