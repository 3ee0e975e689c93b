using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.AllKinds;

/// <summary>
/// Two firmwares and two Kernel Debug Kits with at least one change of every kind that a report can tell, and the table of all of them.
/// Equal bytes come out on every machine and at every time.
/// </summary>
public sealed class AllKindsPair
{
    private readonly IpswBuilder _old = Builder(isNew: false);
    private readonly IpswBuilder _new = Builder(isNew: true);
    private readonly KdkPlants _kits = new();

    public AllKindsPair()
    {
        var (fileSystem, systemOs, appOs) = (new VolumePlants("FileSystem"), new VolumePlants("SystemOS"), new VolumePlants("AppOS"));
        FilePlants.Plan(fileSystem);
        FilePlants.PlanSealed(systemOs);
        PropertyListPlants.PlanFeatures(fileSystem);
        PropertyListPlants.PlanLaunchd(fileSystem);
        PropertyListPlants.PlanLocalizations(systemOs);
        BinaryPlants.Plan(fileSystem, appOs);
        EntitlementPlants.Plan(fileSystem);
        EntitlementPlants.PlanCryptex(appOs);
        var webKit = CachePlants.Plan(systemOs);
        AddVolume("OS", "058-10001-100.dmg", "058-20001-200.dmg", fileSystem, isSealed: false);
        AddVolume("Cryptex1,SystemOS", "058-10002-100.dmg", "058-20002-200.dmg", systemOs, isSealed: true);
        AddVolume("Cryptex1,AppOS", "058-10003-100.dmg", "058-20003-200.dmg", appOs, isSealed: false);

        var archive = new ArchivePlants(_old, _new);
        Plants =
        [
            .. KernelcachePlants.Plan(archive),
            .. _kits.Plan(),
            .. FirmwarePlants.Plan(archive),
            .. TrustCachePlants.Plan(archive, Programs.CdHash(Programs.Build("added"))),
            .. BootStagePlants.Plan(archive),
            .. fileSystem.Plants, .. systemOs.Plants, .. appOs.Plants,
        ];
        archive.Written("BuildManifest.plist");
        archive.Written("Restore.plist");
        Plants = [.. Plants, .. archive.Plants];
        Facts = [.. KernelcachePlants.Facts, .. BootStagePlants.Facts, webKit];
    }

    /// <summary>The table: every planted change and the item that must tell of it.</summary>
    public IReadOnlyList<Plant> Plants { get; }

    /// <summary>The versions that the heads of sections name.</summary>
    public IReadOnlyList<PlantedFact> Facts { get; }

    /// <summary>Writes <c>old.ipsw</c>, <c>new.ipsw</c>, <c>old.kdk</c> and <c>new.kdk</c>.</summary>
    public void Write(string folder)
    {
        _old.WriteFile(Path.Combine(folder, "old.ipsw"));
        _new.WriteFile(Path.Combine(folder, "new.ipsw"));
        _kits.Write(Path.Combine(folder, "old.kdk"), Path.Combine(folder, "new.kdk"));
    }

    private static IpswBuilder Builder(bool isNew)
    {
        var builder = new IpswBuilder(isNew ? "26.1" : "26.0", isNew ? "23B200" : "23A100");
        foreach (var (board, product) in KernelcachePlants.Boards)
        {
            builder.AddBoard(board, product);
        }

        return isNew ? builder.AddBoard(KernelcachePlants.NewBoard, "iPhone97,1") : builder.AddBoard(KernelcachePlants.OldBoard, "iPhone90,1");
    }

    private void AddVolume(string role, string oldPath, string newPath, VolumePlants volume, bool isSealed)
    {
        _old.AddVolume(role, oldPath, Image(volume.Files.Old));
        _new.AddVolume(role, newPath, Image(volume.Files.New));

        ForgeContent Image(ForgeTree tree)
        {
            using var stream = new MemoryStream();
            new ApfsContainer([new ApfsVolume(volume.Volume, tree) { Sealed = isSealed }]).WriteTo(new StreamSink(stream));
            return ForgeContent.FromBytes(stream.ToArray());
        }
    }
}
