using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;
using IpswDiff.Forge.Udif;

namespace IpswDiff.Benchmarks.Cloud;

/// <summary>Two forged firmwares in the proportions of iOS 26: a system volume of Mach-Os, a cryptex with a shared cache, and a kernelcache.</summary>
internal static class FirmwarePairFactory
{
    private const int CacheImages = 4180;
    private const int Binaries = 3500;
    private const long BinaryBytes = 1L << 30;

    /// <summary>Writes <c>old.ipsw</c> and <c>new.ipsw</c>; all that helped is removed again.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="scale">The part of the full size.</param>
    internal static void Write(string folder, double scale)
    {
        var caches = Directory.CreateDirectory(Path.Combine(folder, "caches")).FullName;
        SharedCachePair.Create(26, (int)(CacheImages * scale)).Write(caches);
        foreach (var isNew in new[] { false, true })
        {
            var side = isNew ? "new" : "old";
            var binaries = (int)(Binaries * scale);
            VolumeBenchmark.Write(folder, side, binaries, (long)(BinaryBytes * scale), UdifChunkKind.Lzfse, i => isNew && i % 3 == 0);
            WriteCryptex(Path.Combine(folder, side + "-cryptex.dmg"), Path.Combine(caches, side));
            new IpswBuilder(isNew ? "26.1" : "26.0", isNew ? "23B1" : "23A1").AddBoard("d99ap", "iPhone99,1")
                .AddVolume("OS", isNew ? "090-00002-002.dmg" : "090-00001-001.dmg", ForgeContent.FromFile(Path.Combine(folder, side + ".dmg")))
                .AddVolume("Cryptex1,SystemOS", isNew ? "090-00004-002.dmg" : "090-00003-001.dmg", ForgeContent.FromFile(Path.Combine(folder, side + "-cryptex.dmg")))
                .AddKernelcache("kernelcache.release.iphone99", ForgeContent.FromBytes(Kernelcache(isNew, scale)))
                .WriteFile(Path.Combine(folder, side + ".ipsw"));
            File.Delete(Path.Combine(folder, side + ".dmg"));
            File.Delete(Path.Combine(folder, side + "-cryptex.dmg"));
        }

        Directory.Delete(caches, recursive: true);
    }

    private static void WriteCryptex(string path, string cache)
    {
        var tree = new ForgeTree();
        foreach (var file in Directory.EnumerateFiles(cache))
        {
            tree.AddFile("/System/Library/Caches/com.apple.dyld/" + Path.GetFileName(file), ForgeContent.FromFile(file));
        }

        using var stream = File.Create(path);
        ForgeImage.WriteDmg(stream, [new ApfsVolume("Cryptex", tree)], new ForgeImageOptions { Udif = new UdifOptions { Kind = UdifChunkKind.Lzfse } });
    }

    private static byte[] Kernelcache(bool isNew, double scale)
    {
        var cache = new KernelcacheBuilder(KernelcacheForm.Fileset);
        for (var i = 0; i < 300 * scale; i++)
        {
            cache.AddKext($"com.example.driver{i}", isNew && i % 3 == 0 ? "2.0" : "1.0", (ulong)i).Image!.Uuid = new Guid(i, (short)(isNew && i % 3 == 0 ? 2 : 1), 0, new byte[8]);
        }

        return new Im4pWriter("krnl", "1") { Packing = Im4pPacking.Lzfse }.Write(cache.Build());
    }
}
