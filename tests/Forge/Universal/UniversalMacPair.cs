using IpswDiff.Forge.AllKinds;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Ota;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.Samples;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Forge.Universal;

/// <summary>
/// The last macOS 26 and the first macOS 27 for two groups of boards, as IPSWs and as the updates of one board, and
/// what they differ in. The newer has an image of SystemOS for each group, the cache of Intel's processors on an image of
/// its own, caches and slices for <c>arm64e.x1</c>, methods whose types are offsets, and updates packed with LZRAVEN.
/// </summary>
public sealed class UniversalMacPair
{
    /// <summary>The board whose updates there are.</summary>
    public const string First = "j900ap";

    private const string Second = "j910ap";
    private const string FirstProduct = "Mac90,1";
    private const string SecondProduct = "Mac91,1";
    private const string SystemOs = "Cryptex1,SystemOS";
    private const string OnlySecond = "/System/Library/CoreServices/SecondBoards.plist";
    private const string MachO = "MachO";

    private readonly VolumePlants _fileSystem = new("FileSystem");
    private readonly VolumePlants _systemOs = new("SystemOS");
    private readonly VolumePlants _secondSystemOs = new("SystemOS (j910ap)");
    private readonly VolumePlants _rosettaOs = new("RosettaOS");
    private readonly VolumePlants _appOs = new("AppOS");
    private readonly UniversalCaches _caches = new();

    public UniversalMacPair()
    {
        PlanFileSystem();
        PlanSystemOs(_systemOs, _rosettaOs);
        PlanSystemOs(_secondSystemOs, null);
        _secondSystemOs.Put(OnlySecond, null, "only here"u8.ToArray());
        _appOs.Put(
            "/System/Applications/Browser.app/Browser",
            Programs.Build("browser"),
            Programs.Build("browser", static image => image.AddUndefined("_write")), Modes.Program);
        _appOs.Plant(MachO, "changed", "/System/Applications/Browser.app/Browser", ["binary: symbols"]);
    }

    /// <summary>What the firmwares differ in: the item of a report that must tell of each.</summary>
    public IReadOnlyList<Plant> InFirmwares =>
    [
        .. Common, Member("BuildManifest.plist"), Member("Restore.plist"),
        new Plant("Files", "added", "SystemOS (j910ap)", Path.GetDirectoryName(OnlySecond)!, "directory: added"),
        new Plant("Files", "added", "SystemOS (j910ap)", OnlySecond, "file: added"),
    ];

    /// <summary>What the updates differ in.</summary>
    public IReadOnlyList<Plant> InUpdates =>
        [.. Common, Member("Info.plist"), Member("AssetData/Info.plist"), Member("AssetData/boot/BuildManifest.plist")];

    private IEnumerable<Plant> Common =>
    [
        .. _fileSystem.Plants, .. _systemOs.Plants, .. _rosettaOs.Plants, .. _appOs.Plants, .. _caches.Plants,
        new Plant("Files", "added", "RosettaOS", "/", "directory: added"),
    ];

    /// <summary>Writes <c>old.ipsw</c> and <c>new.ipsw</c>.</summary>
    public void WriteFirmwares(string folder)
    {
        Firmware("26.6", "25G80")
            .AddVolume("OS", "090-10001-001.dmg", Image("System", _fileSystem.Files.Old))
            .AddVolume(SystemOs, "090-10002-001.dmg", Image("SystemOS", _systemOs.Files.Old))
            .AddVolume("Cryptex1,AppOS", "090-10003-001.dmg", Image("AppOS", _appOs.Files.Old))
            .WriteFile(Path.Combine(folder, "old.ipsw"));
        Firmware("27.0", "26A360")
            .AddVolume("OS", "090-20001-001.dmg", Image("System", _fileSystem.Files.New))
            .AddVolume(SystemOs, "090-20002-001.dmg", Image("SystemOS", _systemOs.Files.New), First)
            .AddVolume(SystemOs, "090-20003-001.dmg", Image("SystemOS of others", _secondSystemOs.Files.New), Second)
            .AddVolume("Cryptex1,RosettaOS", "090-20004-001.dmg", Image("RosettaOS", _rosettaOs.Files.New))
            .AddVolume("Cryptex1,AppOS", "090-20005-001.dmg", Image("AppOS", _appOs.Files.New))
            .WriteFile(Path.Combine(folder, "new.ipsw"));
    }

    /// <summary>Writes <c>old.zip</c> and <c>new.zip</c>, the updates of <see cref="First"/>.</summary>
    public void WriteUpdates(string folder)
    {
        var old = new OtaBuilder("26.6", "25G80", FirstProduct) { Algorithm = PbzxAlgorithm.Lzma }
            .AddPayload(_fileSystem.Files.Old)
            .AddImage("cryptex-system-arm64e", Image("SystemOS", _systemOs.Files.Old).ToArray())
            .AddImage("cryptex-app", Image("AppOS", _appOs.Files.Old).ToArray());
        File.WriteAllBytes(Path.Combine(folder, "old.zip"), old.ToZip());
        var @new = new OtaBuilder("27.0", "26A360", FirstProduct) { Algorithm = PbzxAlgorithm.Lzraven }
            .AddPayload(_fileSystem.Files.New)
            .AddImage("cryptex-system-arm64e_x1", Image("SystemOS", _systemOs.Files.New).ToArray())
            .AddImage("cryptex-system-rosetta", Image("RosettaOS", _rosettaOs.Files.New).ToArray())
            .AddImage("cryptex-app", Image("AppOS", _appOs.Files.New).ToArray());
        File.WriteAllBytes(Path.Combine(folder, "new.zip"), @new.ToZip());
    }

    private static Plant Member(string path) => new("Files", "changed", "IPSW", path, "file: member of the archive");

    private static IpswBuilder Firmware(string version, string build) =>
        new IpswBuilder(version, build).AddBoard(First, FirstProduct, 0x30).AddBoard(Second, SecondProduct, 0x31);

    private static ForgeContent Image(string name, ForgeTree tree)
    {
        using var stream = new MemoryStream();
        new ApfsContainer([new ApfsVolume(name, tree)]).WriteTo(new StreamSink(stream));
        return ForgeContent.FromBytes(stream.ToArray());
    }

    private void PlanFileSystem()
    {
        const string Folder = "/usr/bin/";
        Fat("ordered", "rebuilt", [MachOArch.Arm64, MachOArch.Arm64EX1], [MachOArch.Arm64EX1, MachOArch.Arm64]);
        Fat("succeeded", "changed", [MachOArch.X8664, MachOArch.Arm64e], [MachOArch.X8664, MachOArch.Arm64EX1]);
        Fat("wider", "changed", [MachOArch.Arm64e], [MachOArch.Arm64e, MachOArch.Arm64EX1]);
        Fat("alike", null, [MachOArch.Arm64e, MachOArch.Arm64EX1], [MachOArch.Arm64e, MachOArch.Arm64EX1]);
        _fileSystem.Put(Folder + "added", null, Programs.Build("added"), Modes.Program);
        _fileSystem.Plant(MachO, "added", Folder + "added", ["binary: added"]);
        PropertyListPlants.PlanFeatures(_fileSystem);
        PropertyListPlants.PlanLaunchd(_fileSystem);

        void Fat(string name, string? group, MachOArch[] before, MachOArch[] after)
        {
            _fileSystem.Put(Folder + name, Programs.Fat(name, before), Programs.Fat(name, after), Modes.Program);
            if (group is not null)
            {
                _fileSystem.Plant(MachO, group, Folder + name, ["binary: slice"]);
            }
        }
    }

    // What the images of both groups hold alike; Intel's cache leaves them for the image of its own.
    private void PlanSystemOs(VolumePlants volume, VolumePlants? rosetta)
    {
        _caches.PutSystem(volume);
        _caches.PutIntel(volume, rosetta);
        volume.Put(
            "/System/Library/Kit.framework/Kit",
            Programs.Build("kit"),
            Programs.Build("kit", static image => image.AddDylib("/usr/lib/libz.1.dylib")), Modes.Program);
        volume.Plant(MachO, "changed", "/System/Library/Kit.framework/Kit", ["binary: libraries"]);
    }
}
