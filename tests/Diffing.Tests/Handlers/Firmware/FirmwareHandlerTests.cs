using IpswDiff.Diffing.Results;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Tests.Handlers.Firmware;

/// <summary>The section says exactly what was planted in the firmware of two archives.</summary>
public sealed class FirmwareHandlerTests
{
    private const string Handler = "Firmware";
    private const string Table = FirmwarePlants.Table;
    private const string Bundle = FirmwarePlants.Bundle;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Names_exactly_what_was_planted(bool unpacked, bool exhaustive)
    {
        using var pair = new ForgedFirmwares(FirmwarePlants.Build(isNew: false), FirmwarePlants.Build(isNew: true), unpacked);
        var report = await pair.RunAsync(Handler, options => options with { Exhaustive = exhaustive });
        report.AssertItems(
            added: InOrder($"{Table}/agx_new0", $"{Bundle}/exclave_video", "Firmware/ICE.bbfw/new.mbn", "Firmware/new.im4p"),
            removed: InOrder($"{Table}/agx_old0", "Firmware/ICE.bbfw/old.mbn", "Firmware/gone.im4p"),
            changed: InOrder(
                "Firmware/AOP/aopfw.im4p", $"{Table}/agx_a000", $"{Table}/agx_raw0", $"{Bundle}/exclave_audio.brkr_artifact", $"{Bundle}/exclave_roottask",
                "Firmware/all_flash/DeviceTree.d99ap.im4p", "StaticTrustCache", "Firmware/bare.trustcache", "Firmware/raw.im4p", "Firmware/ICE.bbfw/modem/fw.elf"));
        Assert.Equal(exhaustive ? null : unpacked ? "bytes" : "crc32", report.Run.Skipped.Keys.SingleOrDefault());
        Assert.Equal(exhaustive ? 0 : 1, report.Run.Skipped.Values.SingleOrDefault());
    }

    [Fact]
    public async Task Says_of_each_kind_what_differs()
    {
        using var pair = new ForgedFirmwares(FirmwarePlants.Build(isNew: false), FirmwarePlants.Build(isNew: true));
        var report = await pair.RunAsync(Handler);
        foreach (var (path, symbol) in new[] { ("Firmware/AOP/aopfw.im4p", "_new_aop"), ($"{Table}/agx_a000", "_new_gpu"), ($"{Bundle}/exclave_roottask", "_new_roottask") })
        {
            Assert.Equal(symbol, Assert.Single(Assert.Single(report.Details[path].Slices).Symbols.Added).Name);
        }

        Assert.Equal(
            [
                "chosen/blob: – → 0x0001020304",
                "chosen/boot: 7 → –",
                "cpus/cpu0/AAPL,phandle: 31 → 65",
                "cpus/cpu0/level: 97 → 98",
                "cpus/cpu0/state: off → waiting",
                "cpus/cpu2/name: – → cpu2",
                "cpus/cpu2/reg: – → 2",
                "model: iPhone99,1 → iPhone99,2",
            ],
            report.Values("Firmware/all_flash/DeviceTree.d99ap.im4p"));
        var (added, removed, changed) = (Hex(FirmwarePlants.AddedHash), Hex(FirmwarePlants.RemovedHash), Hex(FirmwarePlants.ChangedHash));
        Assert.Equal(
            [
                removed + ": {\"hashType\":2,\"flags\":1,\"constraintCategory\":3} → –",
                changed + ": {\"hashType\":2,\"flags\":0,\"constraintCategory\":0} → {\"hashType\":2,\"flags\":1,\"constraintCategory\":0}",
                added + ": – → {\"hashType\":2,\"flags\":1,\"constraintCategory\":3}",
            ],
            report.Values("StaticTrustCache"));
        Assert.Equal(
            ["version: 0 → 1", removed + ": {} → –", added + ": – → {\"hashType\":2,\"flags\":1}"], report.Values("Firmware/bare.trustcache"));
        foreach (var path in new[] { "Firmware/raw.im4p", $"{Table}/agx_raw0", "Firmware/ICE.bbfw/modem/fw.elf" })
        {
            var details = report.Details[path];
            Assert.Equal(new LocatedText(5016, "what only the new one says"), Assert.Single(details.Strings!.Added));
            Assert.Equal(new LocatedText(5016, "what only the old one says"), Assert.Single(details.Strings.Removed));
            Assert.Equal(["sha256"], details.Values.Select(value => Assert.Single(value.Key)));
        }

        Assert.Contains("+ 0x1398: what only the new one says\n", File.ReadAllText(Path.Combine(report.Pages, "FIRMWARE/Firmware/raw.im4p.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_listed_with_its_reason_and_the_rest_goes_on()
    {
        var good = FirmwarePlants.Im4p("ansf", FirmwarePlants.Raw(isNew: true));
        byte[] Encrypted(bool isNew) => new Im4pWriter("sepi", "1") { KeybagSeed = 3 }.Write(FirmwarePlants.Raw(isNew));
        var table = new Forge.Ftab.FtabWriter().Add("good", FirmwarePlants.Raw(isNew: true)).AddCompressed("bad0", FirmwarePlants.Raw(isNew: true)).Write();
        var damaged = table.ToArray();
        damaged.AsSpan(table.AsSpan().IndexOf("bvx"u8) + 4, 8).Fill(0xFF);
        IpswBuilder Build(bool isNew) => new IpswBuilder("26.0", isNew ? "23B1" : "23A1")
            .AddBoard("d99ap", "iPhone99,1")
            .AddMember("Firmware/cut.im4p", ForgeContent.FromBytes(isNew ? good[..(good.Length / 2)] : good))
            .AddMember("Firmware/sep.im4p", ForgeContent.FromBytes(Encrypted(isNew)))
            .AddMember("Firmware/same-sep.im4p", ForgeContent.FromBytes(Encrypted(isNew: false)))
            .AddMember("Firmware/table.im4p", ForgeContent.FromBytes(FirmwarePlants.Im4p("gfxf", isNew ? damaged : table)))
            .AddMember("Firmware/raw.im4p", ForgeContent.FromBytes(FirmwarePlants.Im4p("ansf", FirmwarePlants.Raw(isNew))))
            .AddMember(isNew ? "Firmware/new-sep.im4p" : "Firmware/zzz.im4p", ForgeContent.FromBytes(Encrypted(isNew)));
        using var pair = new ForgedFirmwares(Build(isNew: false), Build(isNew: true));
        var report = await pair.RunAsync(Handler);
        report.AssertItems(
            added: ["Firmware/new-sep.im4p"], removed: ["Firmware/zzz.im4p"], changed: ["Firmware/raw.im4p"],
            unreadable: ["Firmware/cut.im4p", "Firmware/sep.im4p", "Firmware/table.im4p/bad0"]);
        Assert.All(report.Items[ItemGroup.Unreadable], item => Assert.NotEmpty(item.Reason!));
        Assert.Contains("encrypted", report.Items[ItemGroup.Unreadable][1].Reason, StringComparison.Ordinal);
        Assert.Contains("encrypted", report.Items[ItemGroup.Added][0].Reason, StringComparison.Ordinal);
        Assert.Equal(1, report.Run.Skipped["crc32"]);
    }

    [Fact]
    public async Task A_device_leaves_out_what_only_other_boards_use()
    {
        using var pair = new ForgedFirmwares(WithKernel(isNew: false), WithKernel(isNew: true));
        Assert.Contains("Firmware/all_flash/DeviceTree.d99ap.im4p", (await pair.RunAsync(Handler, options => options with { Device = "d99ap" })).Paths(ItemGroup.Changed));
        var other = await pair.RunAsync(Handler, options => options with { Device = "d98ap" });
        Assert.DoesNotContain("Firmware/all_flash/DeviceTree.d99ap.im4p", other.Paths(ItemGroup.Changed));
        Assert.Contains("Firmware/raw.im4p", other.Paths(ItemGroup.Changed));

        static IpswBuilder WithKernel(bool isNew) => FirmwarePlants.Build(isNew).AddKernelcache("kernelcache.release.iphone99", ForgeContent.FromBytes([1, 2, 3]));
    }

    [Fact]
    public async Task Payloads_named_on_their_own_are_compared_with_each_other()
    {
        using var pair = new ForgedFirmwares(
            "old.im4p", FirmwarePlants.Im4p("ansf", FirmwarePlants.Raw(isNew: false)), "new.im4p", FirmwarePlants.Im4p("ansf", FirmwarePlants.Raw(isNew: true)));
        (await pair.RunAsync(Handler)).AssertItems(changed: ["new.im4p"]);
        Assert.Empty((await pair.RunAsync("Files")).Items.Values.SelectMany(items => items));
    }

    [Fact]
    public async Task Trust_caches_named_by_number_are_no_members_of_the_archive()
    {
        using var pair = new ForgedFirmwares(FirmwarePlants.Build(isNew: false), FirmwarePlants.Build(isNew: true));
        var files = await pair.RunAsync("Files");
        Assert.DoesNotContain(files.Items.Values.SelectMany(items => items), item => item.Path.Contains("TrustCache", StringComparison.Ordinal));
    }

    private static string[] InOrder(params string[] paths) => [.. paths.Order(PathOrder.Instance)];

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
