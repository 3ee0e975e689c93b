using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Kernelcache;

namespace IpswDiff.Diffing.Tests.Handlers.Kernelcache;

/// <summary>The section says exactly what was planted in two kernelcaches.</summary>
public sealed class KernelcacheHandlerTests
{
    private const string Handler = "Kernelcache";

    public static TheoryData<KernelcacheForm, Im4pPacking> Kinds => new()
    {
        { KernelcacheForm.Fileset, Im4pPacking.Lzfse },
        { KernelcacheForm.Prelinked, Im4pPacking.Lzss },
        { KernelcacheForm.PrelinkedInOnePiece, Im4pPacking.Lzfse },
        { KernelcacheForm.PrelinkedModules, Im4pPacking.Lzfse },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Names_exactly_what_was_planted(KernelcacheForm form, Im4pPacking packing)
    {
        using var pair = new ForgedFirmwares(
            KernelcachePlants.Firmware(false, ("kernelcache.release.iphone99", KernelcachePlants.Pack(KernelcachePlants.Old(form), packing), ["d99ap"])),
            KernelcachePlants.Firmware(true, ("kernelcache.release.iphone99", KernelcachePlants.Pack(KernelcachePlants.New(form), packing), ["d99ap"])));
        var report = await pair.RunAsync(Handler, options => options with { Functions = true });
        report.AssertItems(
            added: ["com.apple.driver.Added"],
            removed: ["com.apple.driver.Gone", "com.apple.kpi.gone"],
            changed: ["com.apple.driver.Code", "com.apple.driver.Plist", "com.apple.driver.Symbols", "com.apple.kpi.bsd"],
            rebuilt: ["com.apple.kernel"]);
        Assert.Equal(["uuid", "code"], Item(report, "com.apple.driver.Code").What!);
        Assert.Equal(["plist"], Item(report, "com.apple.driver.Plist").What!);
        Assert.Equal(["uuid", "symbols"], Item(report, "com.apple.driver.Symbols").What!);
        var code = Assert.Single(report.Details["com.apple.driver.Code"].Slices);
        Assert.Equal("_Code_method3", Assert.Single(code.Functions!.Changed).Name);
        Assert.Equal("_IOSleep", Assert.Single(Assert.Single(report.Details["com.apple.driver.Symbols"].Slices).Symbols.Added).Name);
        Assert.Equal(
            [
                "CFBundleVersion: 1.0 → 1.1",
                "IOKitPersonalities/Example/IOProbeScore: 1000 → 1001",
                "IOKitPersonalities/New: – → {\"IOClass\":\"AppleNew\"}",
                "IOKitPersonalities/Old: {\"IOClass\":\"AppleOld\"} → –",
            ],
            report.Values("com.apple.driver.Plist"));
        Assert.Equal(["CFBundleVersion: 25.5.0 → 25.6.0"], report.Values("com.apple.kpi.bsd"));
        Assert.Equal(
            [
                new SectionFact("Build", null, "12345.6.7~1", "12345.6.8~3"),
                new SectionFact("Date", null, "Fri, 01May2026 21:00:01 PDT", "Fri, 15May2026 20:59:14 PDT"),
                new SectionFact("Version", null, "25.5.0", "25.6.0"),
            ],
            report.Section.Facts);
        Assert.Contains(
            "## Kernel\n\n### Version\n\n| Firmware | Version | Build | Date |\n| :-- | :------ | :---- | :--- |\n"
            + "| 26.0 *(23A1)* | 25.5.0 | 12345.6.7\\~1 | Fri, 01May2026 21:00:01 PDT |\n| 26.1 *(23B1)* | 25.6.0 | 12345.6.8\\~3 | Fri, 15May2026 20:59:14 PDT |\n\n### Kexts\n\n",
            report.Readme,
            StringComparison.Ordinal);
        Assert.Contains("- [com.apple.driver.Code](KEXTS/com.apple.driver.Code.md)", report.Readme, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Finds_the_mirror_image_the_other_way_round(KernelcacheForm form, Im4pPacking packing)
    {
        using var pair = new ForgedFirmwares("a.im4p", KernelcachePlants.Pack(KernelcachePlants.New(form), packing), "b.im4p", KernelcachePlants.Pack(KernelcachePlants.Old(form), packing));
        (await pair.RunAsync(Handler)).AssertItems(
            added: ["com.apple.driver.Gone", "com.apple.kpi.gone"],
            removed: ["com.apple.driver.Added"],
            changed: ["com.apple.driver.Code", "com.apple.driver.Plist", "com.apple.driver.Symbols", "com.apple.kpi.bsd"],
            rebuilt: ["com.apple.kernel"]);
    }

    [Fact]
    public async Task Comes_out_the_same_from_memory_from_files_and_exhaustively()
    {
        var (old, @new) = (KernelcachePlants.Pack(KernelcachePlants.Old()), KernelcachePlants.Pack(KernelcachePlants.New()));
        using var packed = new ForgedFirmwares("a", old, "b", @new);
        var expected = await packed.RunAsync(Handler);
        Assert.Equal(2, expected.Run.Skipped["uuid"]);

        // So many workers that nothing decompressed may stay in memory.
        var spilled = await packed.RunAsync(Handler, options => options with { Budget = MemoryBudget.Divide(MemoryBudget.MinimumBytes, 256) });
        Assert.Equal(expected.Comparable(), spilled.Comparable());
        var exhaustive = await packed.RunAsync(Handler, options => options with { Exhaustive = true });
        Assert.Equal(expected.Comparable(), exhaustive.Comparable());
        Assert.Empty(exhaustive.Run.Skipped);
        using var bare = new ForgedFirmwares("a", KernelcachePlants.Old().Build(), "b", KernelcachePlants.New().Build());
        Assert.Equal(expected.Comparable(), (await bare.RunAsync(Handler)).Comparable());
    }

    [Fact]
    public async Task Two_equal_kernelcaches_have_no_differences()
    {
        var cache = KernelcachePlants.Old().Build();
        using var pair = new ForgedFirmwares("a", cache, "b", cache);
        (await pair.RunAsync(Handler, options => options with { Exhaustive = true, Strings = true, Functions = true })).AssertItems();
    }

    private static ReportItem Item(HandlerReport report, string path) => report.Items[ItemGroup.Changed].Single(item => item.Path == path);
}
