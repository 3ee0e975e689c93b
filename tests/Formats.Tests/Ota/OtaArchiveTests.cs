using IpswDiff.Forge;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ota;
using IpswDiff.Forge.Pbzx;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Ota;

namespace IpswDiff.Formats.Tests.Ota;

public sealed class OtaArchiveTests
{
    private static readonly byte[] Patch = [.. "RIDIFF10"u8, .. new byte[100]];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("zip", true)]
    [InlineData("zip", false)]
    [InlineData("deflated", true)]
    [InlineData("aa", true)]
    [InlineData("folder", true)]
    public void Describes_and_reads_a_full_update(string form, bool manifest)
    {
        var builder = new OtaBuilder("26.1", "23B85", "iPhone16,2") { HasManifest = manifest, Deflates = form == "deflated", BlockSize = 4096 }
            .AddPayload(System())
            .AddImage("cryptex-app", Patch).AddImage("cryptex-system-rosetta", Patch).AddImage("cryptex-system-arm64e", Patch)
            .AddMember("AssetData/boot/kernelcache.release.iphone16", ForgeContent.FromText("kernel"));
        using var opened = Open(builder, form);
        var archive = opened.Archive;
        Assert.Equal(("26.1", "23B85", OtaKind.Full), (archive.Asset.Version, archive.Asset.Build, archive.Asset.Kind));
        Assert.Equal(["iPhone16,2"], archive.Asset.Products);
        Assert.Equal("iOS", archive.Asset.SystemName);
        Assert.Null(archive.Asset.Refusal);
        Assert.Equal(manifest, archive.Manifest is not null);
        Assert.Equal(3, archive.Payloads.Count);
        Assert.Equal(["SystemOS", "RosettaOS", "AppOS"], archive.Images.Select(image => image.Name));
        Assert.All(archive.Images, image => Assert.Contains("RIDIFF10", image.Refusal, StringComparison.Ordinal));
        Assert.Contains(archive.Firmware, member => member.Name.EndsWith("kernelcache.release.iphone16", StringComparison.Ordinal));
        Assert.Equal(["AssetData/boot/kernelcache.release.iphone16"], archive.Kernelcaches.Select(kernelcache => kernelcache.Path));
        Assert.DoesNotContain(archive.Firmware, member => member.Name.Contains("payload", StringComparison.Ordinal));

        var volume = archive.OpenPayload();
        var truth = System().Walk().OrderBy(item => item.Path, PathOrder.Instance).ToArray();
        Assert.Equal(truth.Select(item => item.Path), volume.Walk(cancellationToken: Cancel).Select(entry => entry.Path));
        foreach (var (path, node) in truth)
        {
            if (node is ForgeFile file)
            {
                var contents = volume.Open(volume.Find(path)!);
                Assert.Equal(file.Content.ToArray(), contents.ReadBytes(0, (int)contents.Length));
            }
        }
    }

    [Theory]
    [InlineData("arm64e.x1", "x86_64", "arm64e.x1")]
    [InlineData("arm64e_x1", "arm64e", "arm64e")]
    [InlineData("arm64_x1", "arm64_32", "arm64_x1")]
    public void The_systems_cryptex_comes_before_those_of_other_processors(string one, string other, string first)
    {
        using var opened = Open(new OtaBuilder("27.0", "26A340", "Mac18,5").AddPayload(System()).AddImage("cryptex-system-" + other, Patch).AddImage("cryptex-system-" + one, Patch), "zip");
        var second = first == one ? other : one;
        Assert.Equal(["SystemOS", $"SystemOS ({second})"], opened.Archive.Images.Select(image => image.Name));
        Assert.EndsWith("-" + first, opened.Archive.Images[0].Member.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_delta_and_says_from_what_build()
    {
        using var opened = Open(new OtaBuilder("26.1", "23B85", "iPhone16,2") { PrerequisiteBuild = "23A341" }.AddPayload(System()), "zip");
        Assert.Equal((OtaKind.Delta, "23A341", "26.0"), (opened.Archive.Asset.Kind, opened.Archive.Asset.PrerequisiteBuild, opened.Archive.Asset.PrerequisiteVersion));
        var fault = Assert.Throws<FirmwareFormatException>(opened.Archive.OpenPayload);
        Assert.Contains("delta update from build 23A341", fault.Message, StringComparison.Ordinal);
        Assert.Contains("folders of patched images", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Refuses_a_Rapid_Security_Response()
    {
        using var opened = Open(new OtaBuilder("26.1", "23B85", "iPhone16,2") { PrerequisiteBuild = "23B80", SplatOnly = true }.AddImage("cryptex-system-arm64e", Patch), "zip");
        Assert.Equal(OtaKind.RapidSecurityResponse, opened.Archive.Asset.Kind);
        Assert.Contains("Rapid Security Response (SplatOnly) for build 23B80", Assert.Throws<FirmwareFormatException>(opened.Archive.OpenPayload).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_a_payload_that_is_no_Apple_Archive()
    {
        var builder = new OtaBuilder("12.0", "16A366", "iPhone10,6").AddMember("AssetData/payloadv2/payload", ForgeContent.FromBytes(PbzxWriter.Write(new byte[5000])));
        using var opened = Open(builder, "zip");
        Assert.Contains("records of iOS 13 and before", Assert.Throws<FirmwareFormatException>(opened.Archive.OpenPayload).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_patches_that_a_payload_asks_for()
    {
        var asks = new Forge.AppleArchive.AppleArchiveWriter().AddOperation('P', [1, 2]).ToArray();
        using var opened = Open(new OtaBuilder("26.1", "23B85", "iPhone16,2").AddMember("AssetData/payloadv2/payload.000", ForgeContent.FromBytes(asks)), "zip");
        Assert.Contains("YOP P", Assert.Throws<FirmwareFormatException>(opened.Archive.OpenPayload).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_which_payload_is_damaged()
    {
        var builder = new OtaBuilder("26.1", "23B85", "iPhone16,2").AddPayload(System()).AddMember("AssetData/payloadv2/payload.007", ForgeContent.FromBytes(PbzxWriter.Write("AA01\x07\0x"u8)));
        using var opened = Open(builder, "zip");
        var fault = Assert.Throws<FirmwareFormatException>(opened.Archive.OpenPayload);
        Assert.Contains("AssetData/payloadv2/payload.007", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_the_loose_files_of_the_oldest_updates(bool deflated)
    {
        var large = ForgeContent.Random(5, 9 << 20);
        var builder = new OtaBuilder("7.1", "11D167", "iPhone6,1") { HasManifest = false, Deflates = deflated }
            .AddMember("AssetData/payload/replace/usr/lib/dyld", ForgeContent.FromText("dyld"))
            .AddMember("AssetData/payload/added/large", large);
        using var opened = Open(builder, "zip");
        var volume = opened.Archive.OpenPayload();
        Assert.Equal(["/", "/large", "/usr", "/usr/lib", "/usr/lib/dyld"], volume.Walk(cancellationToken: Cancel).Select(entry => entry.Path));
        Assert.Equal("dyld"u8, volume.Open(volume.Find("/usr/lib/dyld")!).ReadBytes(0, 4));
        Assert.Equal(large.ToArray(), volume.Open(volume.Find("/large")!).ReadBytes(0, 9 << 20));
    }

    [Fact]
    public void Other_archives_are_no_updates()
    {
        Assert.False(OtaArchive.TryOpen(AppleArchiveVolume.Open(new MemoryByteSource(Array.Empty<byte>())), out _));
        var firmware = new Forge.Ipsw.IpswBuilder("26.1", "23B85").AddBoard("d83ap", "iPhone16,2").AddVolume("OS", "a.dmg", ForgeContent.FromText("x"));
        Assert.False(OtaArchive.TryOpen(new MemoryByteSource(firmware.ToArray()), out _));
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("aa")]
    public void Survives_damage_and_truncation(string form)
    {
        var tree = new ForgeTree();
        tree.AddFile("/a/b", "contents");
        tree.AddFile("/c", ForgeContent.Random(1, 200));
        var builder = new OtaBuilder("26.1", "23B85", "iPhone16,2").AddPayload(tree, 2).AddImage("cryptex-app", Patch);
        var bytes = form == "zip" ? builder.ToZip() : builder.ToAppleArchive();
        var refused = Mutator.Damage(bytes, 400, seed: 9, hot: 600).Concat(Mutator.Truncate(bytes, 60)).Count(IsRefused);
        Assert.InRange(refused, 100, 540);
    }

    private static bool IsRefused(byte[] bytes)
    {
        try
        {
            var source = new MemoryByteSource(bytes);
            var options = new AppleArchiveOptions { Cache = new BlockCache(1 << 18), Parallelism = 1 };
            OtaArchive? archive;
            if (bytes.AsSpan().StartsWith("PK"u8) ? OtaArchive.TryOpen(source, out archive, options) : OtaArchive.TryOpen(AppleArchiveVolume.Open(source, options), out archive, options))
            {
                using (archive)
                {
                    var volume = archive.OpenPayload();
                    foreach (var entry in volume.Walk(cancellationToken: Cancel).Where(entry => entry.Kind == FileKind.File))
                    {
                        var contents = volume.Open(entry);
                        contents.ReadBytes(0, (int)Math.Min(contents.Length, 1 << 20));
                    }
                }
            }

            return false;
        }
        catch (FirmwareFormatException)
        {
            return true;
        }
    }

    private static ForgeTree System()
    {
        var tree = new ForgeTree();
        tree.AddFile("/sbin/launchd", ForgeContent.Random(1, 30_000)).Mode = 0b111_101_101;
        tree.AddFile("/usr/lib/dyld", ForgeContent.Random(2, 10_000));
        tree.AddFile("/System/Library/CoreServices/SystemVersion.plist", "<plist/>");
        tree.AddFile("/Applications/a/b/c/d", new string('d', 100_000));
        tree.AddSymlink("/etc", "private/etc");
        tree.AddDirectory("/private/etc");
        return tree;
    }

    private static Opened Open(OtaBuilder builder, string form)
    {
        switch (form)
        {
            case "aa":
                Assert.True(OtaArchive.TryOpen(AppleArchiveVolume.Open(new MemoryByteSource(builder.ToAppleArchive())), out var inArchive));
                return new Opened(inArchive, null);
            case "folder":
                var folder = Directory.CreateTempSubdirectory("ota");
                builder.WriteTo(folder.FullName);
                Assert.True(OtaArchive.TryOpenFolder(folder.FullName, out var inFolder));
                return new Opened(inFolder, folder);
            default:
                Assert.True(OtaArchive.TryOpen(new MemoryByteSource(builder.ToZip()), out var inZip));
                return new Opened(inZip, null);
        }
    }

    private sealed record Opened(OtaArchive Archive, DirectoryInfo? Folder) : IDisposable
    {
        public void Dispose()
        {
            Archive.Dispose();
            Folder?.Delete(recursive: true);
        }
    }
}
