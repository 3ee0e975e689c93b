using System.Security.Cryptography;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Plist;
using IpswDiff.Forge.Zip;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Formats.Tests.Ipsw;

public sealed class IpswArchiveTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public static TheoryData<string> Shapes => ["stored", "deflated", "binary", "zip64", "folder", "file"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Describes_a_firmware_whatever_shape_it_comes_in(string shape)
    {
        using var ipsw = Open(shape);

        Assert.Equal("26.1", ipsw.Version);
        Assert.Equal("23B85", ipsw.Build);
        Assert.Equal(["iPhone16,1", "iPhone16,2"], ipsw.Products);
        Assert.Equal(
            ["FileSystem=044-00001-001.dmg.aea", "SystemOS=044-00002-001.dmg.aea", "AppOS=044-00003-001.dmg", "ExclaveOS=044-00004-001.dmg.aea", "RosettaOS=044-00005-001.dmg.aea"],
            ipsw.Volumes.Select(volume => $"{volume.Name}={volume.Path}"));
        Assert.Equal(["OS", "Cryptex1,SystemOS", "Cryptex1,AppOS", "Ap,ExclaveOS", "Cryptex1,RosettaOS"], ipsw.Volumes.Select(volume => volume.Role));
        Assert.Equal([true, true, false, true, true], ipsw.Volumes.Select(volume => volume.IsEncrypted));
        Assert.Equal(5_000, ipsw.Volumes[0].Size);
        Assert.Equal(["d83ap", "d84ap"], ipsw.Volumes[0].Boards);
        var kernelcache = Assert.Single(ipsw.Kernelcaches);
        Assert.Equal("kernelcache.release.iphone16", kernelcache.Path);
        Assert.Equal(
            ["Firmware/Mav24-1.00.00.Release.bbfw", "Firmware/all_flash/iBoot.d83.RELEASE.im4p", "Firmware/all_flash/iBoot.d84.RELEASE.im4p"],
            ipsw.Firmware.Select(member => member.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Opens_every_member(string shape)
    {
        using var ipsw = Open(shape);

        Assert.Equal(IpswSamples.Kernel.ToArray(), Read(ipsw, ipsw.Kernelcaches[0].Member!));
        Assert.Equal(IpswSamples.FileSystem.ToArray(), Read(ipsw, ipsw.Volumes[0].Member!));
        Assert.All(ipsw.Members, member => Assert.Equal(member.Size, Read(ipsw, member).Length));
    }

    [Fact]
    public void Digests_are_those_of_the_contents()
    {
        using var ipsw = Open("stored");

        Assert.Equal(Convert.ToHexStringLower(SHA384.HashData(IpswSamples.SystemOS.ToArray())), ipsw.Volumes[1].Digest);
        Assert.Equal(Convert.ToHexStringLower(SHA384.HashData(IpswSamples.Kernel.ToArray())), ipsw.Kernelcaches[0].Digest);
    }

    [Fact]
    public void Identities_keep_board_variant_behaviour_and_numbers()
    {
        using var ipsw = Open("stored");

        Assert.Equal(4, ipsw.Manifest!.Identities.Count);
        var identity = ipsw.Manifest.Identities[3];
        Assert.Equal(
            ("d84ap", "Customer Upgrade Install (IPSW)", "Update", "iPhone16,2", 6L, 0x8130L),
            (identity.DeviceClass, identity.Variant, identity.RestoreBehavior, identity.ProductType, identity.BoardId, identity.ChipId));
        Assert.Equal("Firmware/all_flash/iBoot.d84.RELEASE.im4p", identity.Find("iBoot")!.Path);
    }

    [Fact]
    public void Several_images_of_one_role_are_all_listed_with_their_boards()
    {
        using var ipsw = Open(new IpswBuilder("15.0", "24A1")
            .AddBoard("j314sap", "MacBookPro18,3").AddBoard("j316sap", "MacBookPro18,1").AddBoard("j613ap", "Mac15,12")
            .AddVolume("OS", "a.dmg", ForgeContent.FromText("a"), "j316sap", "j314sap")
            .AddVolume("OS", "b.dmg", ForgeContent.FromText("b"), "j613ap")
            .AddVolume("Cryptex1,SystemOS", "s.dmg", ForgeContent.FromText("s"))
            .AddKernelcache("kernelcache.release.mac13g", ForgeContent.FromText("k1"), "j314sap", "j316sap")
            .AddKernelcache("kernelcache.release.mac15g", ForgeContent.FromText("k2"), "j613ap"));

        Assert.Equal(["FileSystem (j314sap)", "FileSystem (j613ap)", "SystemOS"], ipsw.Volumes.Select(volume => volume.Name));
        Assert.Equal(["j314sap", "j316sap"], ipsw.Volumes[0].Boards);
        Assert.Equal(["j314sap j316sap", "j613ap"], ipsw.Kernelcaches.Select(kernelcache => string.Join(' ', kernelcache.Boards)));
    }

    [Fact]
    public void A_board_with_two_images_of_one_role_still_gives_two_names()
    {
        using var ipsw = Open(new IpswBuilder("1", "A1")
            .AddBoard("x1ap", "X1,1")
            .AddVolume("Cryptex1,AppOS", "a.dmg", ForgeContent.FromText("a"))
            .AddRecovery("Cryptex1,AppOS", "b.dmg", ForgeContent.FromText("b")));

        Assert.Equal(["AppOS (x1ap)", "AppOS (x1ap 2)"], ipsw.Volumes.Select(volume => volume.Name));
    }

    [Fact]
    public void The_system_of_a_recovery_identity_is_left_out()
    {
        using var ipsw = Open(new IpswBuilder("15.0", "24A1")
            .AddBoard("j613ap", "Mac15,12")
            .AddVolume("OS", "system.dmg", ForgeContent.FromText("system"))
            .AddRecovery("OS", "recovery.dmg", ForgeContent.FromText("recovery")));

        Assert.Equal("system.dmg", Assert.Single(ipsw.Volumes).Path);
        Assert.Equal("FileSystem", ipsw.Volumes[0].Name);
    }

    [Fact]
    public void Digests_that_identities_disagree_on_are_unknown()
    {
        using var ipsw = OpenManifest(
            Identity("a1ap", ("OS", "x.dmg", [1])),
            Identity("a2ap", ("OS", "X.dmg", [2])));

        var volume = Assert.Single(ipsw.Volumes);
        Assert.Null(volume.Digest);
        Assert.Equal(["a1ap", "a2ap"], volume.Boards);
    }

    [Fact]
    public void An_image_that_the_archive_lacks_is_listed_without_a_member()
    {
        using var ipsw = OpenManifest(Identity("a1ap", ("OS", "../x.dmg", [1])));

        var volume = Assert.Single(ipsw.Volumes);
        Assert.Null(volume.Member);
        Assert.Equal(0, volume.Size);
    }

    [Fact]
    public void Labels_stay_apart_when_two_roles_would_share_one()
    {
        using var ipsw = OpenManifest(Identity("a1ap", ("Cryptex1,SystemOS", "a.dmg", [1]), ("Ap,SystemOS", "b.dmg", [2]), ("Copy", "A.dmg", [1]), ("SystemOS", "c.dmg", [3])));

        Assert.Equal(["SystemOS", "Ap,SystemOS", "SystemOS (2)"], ipsw.Volumes.Select(volume => volume.Name));
    }

    [Fact]
    public void Without_a_manifest_the_older_list_names_the_system()
    {
        using var ipsw = Open(IpswSamples.Phone(new IpswBuilder("4.3", "8F190") { HasBuildManifest = false }));

        Assert.Null(ipsw.Manifest);
        Assert.Equal("4.3", ipsw.Version);
        var volume = Assert.Single(ipsw.Volumes);
        Assert.Equal(("FileSystem", "OS", "044-00001-001.dmg.aea"), (volume.Name, volume.Role, volume.Path));
        Assert.Equal(["d83ap", "d84ap"], volume.Boards);
        Assert.Equal("kernelcache.release.iphone16", Assert.Single(ipsw.Kernelcaches).Path);
    }

    [Fact]
    public void Reads_a_folder_of_patched_images()
    {
        var root = _folder.CreateSubdirectory("23B85-patched");
        root.CreateSubdirectory("SystemOS");
        root.CreateSubdirectory("FileSystem");
        File.WriteAllText(Path.Combine(root.FullName, "SystemOS", "s.dmg"), "s");
        File.WriteAllText(Path.Combine(root.FullName, "FileSystem", "f.dmg.aea"), "f");

        using var ipsw = IpswArchive.Open(root.FullName);

        Assert.Equal(("Patched OTA", "23B85-patched"), (ipsw.Version, ipsw.Build));
        Assert.Equal(["FileSystem", "SystemOS"], ipsw.Volumes.Select(volume => volume.Name));

        File.WriteAllText(Path.Combine(root.FullName, "SystemOS", "t.dmg"), "t");
        Assert.Contains("2 images", Assert.Throws<FirmwareFormatException>(() => IpswArchive.Open(root.FullName)).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("readme.txt", "no firmware")]
    [InlineData("AssetData/boot/BuildManifest.plist", "OTA update")]
    public void Refuses_other_archives_and_says_what_they_are(string member, string reason)
    {
        var stream = new MemoryStream();
        new ZipWriter(stream).Add(member, ForgeContent.FromText("x")).Finish();

        var fault = Assert.Throws<FirmwareFormatException>(() => IpswArchive.Open(new MemoryByteSource(stream.ToArray())));
        Assert.Contains(reason, fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_which_file_is_damaged()
    {
        var path = Path.Combine(_folder.FullName, "bad.ipsw");
        using (var stream = File.Create(path))
        {
            new ZipWriter(stream).Add("BuildManifest.plist", ForgeContent.FromText("<plist><dict>")).Finish();
        }

        var fault = Assert.Throws<FirmwareFormatException>(() => IpswArchive.Open(path));
        Assert.Equal($"{path}:BuildManifest.plist", fault.File);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static (string, object) Entry(string key, string path, byte[] digest) =>
        (key, ForgePlist.Dict(("Digest", digest), ("Info", ForgePlist.Dict(("Path", path)))));

    private static PlistDict Identity(string board, params (string Key, string Path, byte[] Digest)[] entries) => ForgePlist.Dict(
        ("Info", ForgePlist.Dict(("DeviceClass", board))),
        ("Manifest", ForgePlist.Dict([.. entries.Select(entry => Entry(entry.Key, entry.Path, entry.Digest))])));

    private static IpswArchive OpenManifest(params object[] identities)
    {
        var stream = new MemoryStream();
        var manifest = XmlPlistWriter.Write(ForgePlist.Dict(("BuildIdentities", identities)));
        new ZipWriter(stream).Add("BuildManifest.plist", ForgeContent.FromBytes(manifest)).Finish();
        return IpswArchive.Open(new MemoryByteSource(stream.ToArray()));
    }

    private static IpswArchive Open(IpswBuilder builder) => IpswArchive.Open(new MemoryByteSource(builder.ToArray()));

    private IpswArchive Open(string shape)
    {
        var builder = IpswSamples.Phone(new IpswBuilder("26.1", "23B85")
        {
            Deflates = shape == "deflated",
            UsesBinaryPlists = shape == "binary",
            ForcesZip64 = shape == "zip64",
        });
        switch (shape)
        {
            case "folder":
                builder.WriteFolder(_folder.FullName);
                return IpswArchive.Open(_folder.FullName);
            case "file":
                var path = Path.Combine(_folder.FullName, "a.ipsw");
                builder.WriteFile(path);
                return IpswArchive.Open(path);
            default:
                return Open(builder);
        }
    }

    private static byte[] Read(IpswArchive ipsw, IpswMember member)
    {
        using var opened = ipsw.OpenMember(member);
        return opened.Source.ReadBytes(0, (int)opened.Source.Length);
    }
}
