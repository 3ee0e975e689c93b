using IpswDiff.Diffing.Tests.Handlers.Firmware;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ota;
using IpswDiff.Forge.TrustCache;

namespace IpswDiff.Diffing.Tests.Handlers.Kernelcache;

/// <summary>Kernelcaches and trust caches among the boot files of over-the-air updates.</summary>
public sealed class KernelcacheUpdateTests
{
    private static readonly byte[] Old = KernelcachePlants.Pack(KernelcachePlants.Old());
    private static readonly byte[] New = KernelcachePlants.Pack(KernelcachePlants.New());

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Kernelcaches_of_updates_are_compared_kext_by_kext(bool asAppleArchive, bool manifest)
    {
        using var pair = Pair(asAppleArchive, manifest);
        var report = await pair.RunAsync("Kernelcache");
        report.AssertItems(
            added: ["com.apple.driver.Added"],
            removed: ["com.apple.driver.Gone", "com.apple.kpi.gone"],
            changed: ["com.apple.driver.Code", "com.apple.driver.Plist", "com.apple.driver.Symbols", "com.apple.kpi.bsd"],
            rebuilt: ["com.apple.kernel"]);
    }

    [Fact]
    public async Task A_device_is_known_by_the_manifest_among_the_boot_files()
    {
        using var pair = Pair(asAppleArchive: false, manifest: true);
        Assert.NotEmpty((await pair.RunAsync("Kernelcache", options => options with { Device = "d99ap" })).Paths(Results.ItemGroup.Changed));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => pair.RunAsync("Kernelcache", options => options with { Device = "x1ap" }));
        Assert.Contains("d99ap", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trust_caches_of_updates_are_matched_by_the_key_of_the_manifest()
    {
        using var pair = Pair(asAppleArchive: false, manifest: true);
        var report = await pair.RunAsync("Firmware");
        report.AssertItems(changed: ["StaticTrustCache"]);
        Assert.Equal(2, report.Details["StaticTrustCache"].Values.Count);
    }

    private static ForgedFirmwares Pair(bool asAppleArchive, bool manifest)
    {
        var extension = asAppleArchive ? "aa" : "zip";
        return new ForgedFirmwares("old." + extension, Update(false), "new." + extension, Update(true));

        byte[] Update(bool isNew)
        {
            var cache = new TrustCacheWriter(2);
            cache.Entries.Add(new TrustCacheEntryPlan([.. Enumerable.Repeat(isNew ? (byte)2 : (byte)1, 20)]));
            var builder = new OtaBuilder(isNew ? "26.1" : "26.0", isNew ? "23B1" : "23A1", "iPhone99,1") { HasManifest = manifest }
                .AddBoot("KernelCache", "kernelcache.release.iphone99", ForgeContent.FromBytes(isNew ? New : Old), "d99ap")
                .AddBoot("KernelCache", "kernelcache.research.iphone99", null, "d99xap")
                .AddBoot(
                    "StaticTrustCache", isNew ? "Firmware/090-22222-002.dmg.trustcache" : "Firmware/090-11111-001.dmg.trustcache",
                    ForgeContent.FromBytes(FirmwarePlants.Im4p("trst", cache.Write())), "d99ap");
            return asAppleArchive ? builder.ToAppleArchive() : builder.ToZip();
        }
    }
}
