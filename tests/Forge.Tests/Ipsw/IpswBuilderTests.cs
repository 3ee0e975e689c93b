using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;

namespace IpswDiff.Forge.Tests.Ipsw;

public sealed class IpswBuilderTests
{
    [Fact]
    public void Builds_the_same_bytes_every_time() => Assert.Equal(Build(), Build());

    [Fact]
    public void SevenZip_and_plistutil_read_what_was_built()
    {
        var (sevenZip, plistutil) = (Witnesses.SevenZip.Required(), Witnesses.PlistUtil.Required());
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "a.ipsw");
            File.WriteAllBytes(path, Build());

            var unpacked = Witness.Run(sevenZip, "x", "-tzip", $"-o{folder.FullName}", path);
            Assert.True(unpacked.ExitCode == 0, unpacked.Output + unpacked.Error);
            var converted = Path.Combine(folder.FullName, "m.bin");
            var read = Witness.Run(plistutil, "-i", Path.Combine(folder.FullName, "BuildManifest.plist"), "-o", converted, "-f", "bin");
            Assert.True(read.ExitCode == 0, read.Error);
            Assert.True(File.ReadAllBytes(converted).AsSpan().IndexOf("Cryptex1,SystemOS"u8) > 0);
            Assert.Equal("system", File.ReadAllText(Path.Combine(folder.FullName, "s.dmg")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static byte[] Build() => new IpswBuilder("26.1", "23B85")
        .AddBoard("d83ap", "iPhone16,1")
        .AddVolume("OS", "f.dmg", ForgeContent.Random(1, 1_000))
        .AddVolume("Cryptex1,SystemOS", "s.dmg", ForgeContent.FromText("system"))
        .AddKernelcache("kernelcache.release.iphone16", ForgeContent.Random(2, 1_000))
        .ToArray();
}
