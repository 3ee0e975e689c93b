using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;

namespace IpswDiff.Diffing.Tests.Handlers.Kernelcache;

/// <summary>Two kernelcaches with one change of every kind between them.</summary>
internal static class KernelcachePlants
{
    internal const string NewBanner = "Darwin Kernel Version 25.6.0: Fri May 15 20:59:14 PDT 2026; root:xnu-12345.6.8~3/RELEASE_ARM64_T8103";

    internal static KernelcacheBuilder Old(KernelcacheForm form = KernelcacheForm.Fileset)
    {
        var cache = new KernelcacheBuilder(form);
        Add(cache, "com.apple.driver.Same", "1.0", 1);
        Add(cache, "com.apple.driver.Code", "1.0", 2);
        Add(cache, "com.apple.driver.Gone", "1.0", 3);
        Add(cache, "com.apple.driver.Plist", "1.0", 4, Personalities("Old", 1000));
        Add(cache, "com.apple.driver.Symbols", "1.0", 5);
        cache.Kexts.Add(new KextPlan("com.apple.kpi.bsd", "25.5.0"));
        cache.Kexts.Add(new KextPlan("com.apple.kpi.gone", "25.5.0"));
        return cache;
    }

    internal static KernelcacheBuilder New(KernelcacheForm form = KernelcacheForm.Fileset)
    {
        var cache = new KernelcacheBuilder(form) { Banner = NewBanner };

        // What is added first pushes all the others to other addresses.
        Add(cache, "com.apple.driver.Added", "7.0", 9);
        Add(cache, "com.apple.driver.Same", "1.0", 1);
        var code = KextPlan.SyntheticImage("com.apple.driver.Code", 2);
        code.Uuid = Uuid(102);
        var text = code.Sections.Single(section => section is { SegmentName: "__TEXT_EXEC", Name: "__text" });
        for (var i = 0; i < 64; i += 4)
        {
            // The fourth function: other instructions, none of them with an address.
            BitConverter.TryWriteBytes(text.Bytes.AsSpan(192 + i), 0x8B020020u + (uint)i);
        }

        cache.Kexts.Add(new KextPlan("com.apple.driver.Code", "1.0") { Image = code });
        Add(cache, "com.apple.driver.Plist", "1.1", 4, Personalities("New", 1001));
        var symbols = KextPlan.SyntheticImage("com.apple.driver.Symbols", 5);
        symbols.Uuid = Uuid(105);
        symbols.AddUndefined("_IOSleep");
        cache.Kexts.Add(new KextPlan("com.apple.driver.Symbols", "1.0") { Image = symbols });
        cache.Kexts.Add(new KextPlan("com.apple.kpi.bsd", "25.6.0"));
        return cache;
    }

    internal static byte[] Pack(KernelcacheBuilder cache, Im4pPacking packing = Im4pPacking.Lzfse) =>
        new Im4pWriter("krnl", "KernelCacheBuilder-1") { Packing = packing }.Write(cache.Build());

    internal static IpswBuilder Firmware(bool isNew, params (string Path, byte[] Cache, string[] Boards)[] caches)
    {
        var builder = new IpswBuilder(isNew ? "26.1" : "26.0", isNew ? "23B1" : "23A1");
        foreach (var (index, board) in caches.SelectMany(cache => cache.Boards).Distinct().Index())
        {
            builder.AddBoard(board, $"iPhone99,{index + 1}", 0x10 + index);
        }

        foreach (var (path, cache, boards) in caches)
        {
            builder.AddKernelcache(path, ForgeContent.FromBytes(cache), boards);
        }

        return builder;
    }

    // A linker's UUID does not depend on where the builder of a cache puts the image.
    private static void Add(KernelcacheBuilder cache, string id, string version, int seed, PlistDict? personalities = null) =>
        cache.AddKext(id, version, (ulong)seed, personalities).Image!.Uuid = Uuid(seed);

    private static Guid Uuid(int seed) => new(seed, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

    private static PlistDict Personalities(string added, int score) => ForgePlist.Dict(
        ("Example", ForgePlist.Dict(("IOClass", "AppleExample"), ("IOProbeScore", score))),
        (added, ForgePlist.Dict(("IOClass", "Apple" + added))));
}
