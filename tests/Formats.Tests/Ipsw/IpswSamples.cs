using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;

namespace IpswDiff.Formats.Tests.Ipsw;

internal static class IpswSamples
{
    internal static readonly ForgeContent FileSystem = ForgeContent.Random(1, 5_000);
    internal static readonly ForgeContent SystemOS = ForgeContent.Random(2, 4_000);
    internal static readonly ForgeContent Kernel = ForgeContent.Random(3, 3_000);

    internal static IpswBuilder Phone(IpswBuilder? builder = null) => (builder ?? new IpswBuilder("26.1", "23B85"))
        .AddBoard("d83ap", "iPhone16,1", 0x04)
        .AddBoard("d84ap", "iPhone16,2", 0x06)
        .AddVolume("OS", "044-00001-001.dmg.aea", FileSystem)
        .AddVolume("Cryptex1,SystemOS", "044-00002-001.dmg.aea", SystemOS)
        .AddVolume("Cryptex1,AppOS", "044-00003-001.dmg", ForgeContent.FromText("app"))
        .AddVolume("Ap,ExclaveOS", "044-00004-001.dmg.aea", ForgeContent.FromText("exclave"))
        .AddVolume("Cryptex1,RosettaOS", "044-00005-001.dmg.aea", ForgeContent.FromText("rosetta"))
        .AddFirmware("RestoreRamDisk", "044-00006-001.dmg", ForgeContent.FromText("ramdisk"))
        .AddFirmware("Cryptex1,SystemVolume", "Firmware/044-00002-001.dmg.aea.root_hash", ForgeContent.FromText("hash"))
        .AddKernelcache("kernelcache.release.iphone16", Kernel)
        .AddFirmware("iBoot", "Firmware/all_flash/iBoot.d83.RELEASE.im4p", ForgeContent.FromText("iBoot d83"), "d83ap")
        .AddFirmware("iBoot", "Firmware/all_flash/iBoot.d84.RELEASE.im4p", ForgeContent.FromText("iBoot d84"), "d84ap")
        .AddFirmware("BasebandFirmware", "Firmware/Mav24-1.00.00.Release.bbfw", ForgeContent.FromText("baseband"))
        .AddMember("Firmware/Manifests/restore/manifest.plist", ForgeContent.FromText("{}"));
}
