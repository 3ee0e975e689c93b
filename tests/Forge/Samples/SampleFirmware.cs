using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;

namespace IpswDiff.Forge.Samples;

/// <summary>
/// The two sample firmwares: what is in them and every difference between them. Version 1.0 (1A100) is the old one, 1.1 (1B200) the new.
/// </summary>
public sealed class SampleFirmware
{
    public const string Product = "Sample1,1";
    public const string Board = "sample1ap";

    public SampleFirmware()
    {
        var binaries = new SampleBinaries();
        FileSystem = FileSystemVolume.Plan(binaries);
        SystemOs = SystemOsVolume.Plan(binaries);
        AppOs = AppOsVolume.Plan(binaries);
        (OldIpsw, NewIpsw) = ArchiveMembers.Plan(Archive, Builder(OldVersion, isNew: false), Builder(NewVersion, isNew: true));
    }

    /// <summary>The firmware compared from.</summary>
    public static SampleVersion OldVersion { get; } = new("1.0", "1A100", "058-10001-100.dmg", "058-10002-100.dmg", "058-10003-100.dmg", 40);

    /// <summary>The firmware compared to. Its application volume is the same image under the same name.</summary>
    public static SampleVersion NewVersion { get; } = new("1.1", "1B200", "058-20001-200.dmg", "058-20002-200.dmg", "058-10003-100.dmg", 52);

    /// <summary>The volume that manifests call <c>OS</c>.</summary>
    public VolumePlan FileSystem { get; }

    /// <summary><c>Cryptex1,SystemOS</c>.</summary>
    public VolumePlan SystemOs { get; }

    /// <summary><c>Cryptex1,AppOS</c>: the same image, and so the same digest, on both sides.</summary>
    public VolumePlan AppOs { get; }

    /// <summary>What is loose in the archives.</summary>
    public ArchivePlan Archive { get; } = new();

    /// <summary>The old archive.</summary>
    public byte[] OldIpsw { get; }

    /// <summary>The new archive.</summary>
    public byte[] NewIpsw { get; }

    /// <summary>Everything planted, by section, volume and path.</summary>
    public IReadOnlyList<PlantedChange> Changes =>
    [
        .. new[] { FileSystem, SystemOs, AppOs }
            .SelectMany(plan => plan.Changes)
            .Concat(Archive.Changes)
            .OrderBy(change => change.Section)
            .ThenBy(change => change.Volume, StringComparer.Ordinal)
            .ThenBy(change => change.Path, StringComparer.Ordinal),
    ];

    /// <summary>The list of changes as <c>samples/truth.json</c> holds it.</summary>
    public string TruthJson() => SampleJson.Serialize(new
    {
        SchemaVersion = 1,
        Old = new { OldVersion.FileName, OldVersion.Version, OldVersion.Build },
        New = new { NewVersion.FileName, NewVersion.Version, NewVersion.Build },
        Changes,
    });

    private IpswBuilder Builder(SampleVersion version, bool isNew)
    {
        ForgeContent Image(string name, VolumePlan plan, ulong transaction)
            => ForgeContent.FromBytes(SampleImages.Write(name, isNew ? plan.New : plan.Old, transaction));
        return new IpswBuilder(version.Version, version.Build) { Deflates = true, PortableDeflate = true }
            .AddBoard(Board, Product)
            .AddVolume("OS", version.OsImage, Image($"Sample{version.Build}.OS", FileSystem, version.Transaction))
            .AddVolume("Cryptex1,SystemOS", version.SystemOsImage, Image($"Sample{version.Build}.SystemOS", SystemOs, version.Transaction))
            .AddVolume("Cryptex1,AppOS", version.AppOsImage, Image("Sample.AppOS", AppOs, OldVersion.Transaction));
    }
}

/// <summary>What tells one of the two firmwares from the other.</summary>
/// <param name="Version">ProductVersion.</param>
/// <param name="Build">ProductBuildVersion.</param>
/// <param name="OsImage">The member that holds the volume <c>OS</c>.</param>
/// <param name="SystemOsImage">The member that holds <c>Cryptex1,SystemOS</c>.</param>
/// <param name="AppOsImage">The member that holds <c>Cryptex1,AppOS</c>.</param>
/// <param name="Transaction">The last transaction of the volumes' containers.</param>
public sealed record SampleVersion(string Version, string Build, string OsImage, string SystemOsImage, string AppOsImage, ulong Transaction)
{
    /// <summary>The file's name under <c>samples/</c>.</summary>
    public string FileName => $"{SampleFirmware.Product}_{Version}_{Build}_Restore.ipsw";
}
