using System.Text.Json;
using IpswDiff.Forge.DeviceTree;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ftab;
using IpswDiff.Forge.IBoot;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.TrustCache;

namespace IpswDiff.EndToEnd;

/// <summary>Kernelcaches, firmware and boot stages through the program.</summary>
public class FirmwareDiffTests
{
    private const string Kernel = "kernelcache.release.iphone99";

    [Fact]
    public void One_run_tells_of_kernelcache_firmware_and_boot_stages()
    {
        using var scratch = Cli.Scratch();
        Build(isNew: false).WriteFile(scratch["old.ipsw"]);
        Build(isNew: true).WriteFile(scratch["new.ipsw"]);
        Cli.Run("diff", scratch["old.ipsw"], scratch["new.ipsw"], "--handlers", "Kernelcache,Firmware,IBoot", "-o", scratch["report"]).Expect(0);
        var sections = JsonDocument.Parse(File.ReadAllText(scratch["report/report.json"])).RootElement.GetProperty("sections").EnumerateArray().ToArray();
        Assert.Equal(["Kernelcache", "Firmware", "IBoot"], sections.Select(section => section.GetProperty("handler").GetString()));
        Assert.Equal(
            [
                "added com.apple.driver.Added", "removed com.apple.driver.Gone", "changed com.apple.driver.Changed",
                "added Firmware/agx/armfw_g99.im4p/agx_new0", "removed Firmware/gone.im4p", "changed Firmware/agx/armfw_g99.im4p/agx_a000",
                "changed Firmware/all_flash/DeviceTree.d99ap.im4p", "changed StaticTrustCache",
                "added Firmware/all_flash/iBoot.d99.RELEASE.im4p/AppleSMCFirmware.bin", "changed Firmware/all_flash/iBoot.d99.RELEASE.im4p",
            ],
            sections.SelectMany(section => new[] { "added", "removed", "changed", "moved", "rebuilt", "unreadable" }
                .SelectMany(group => section.TryGetProperty(group, out var items) ? items.EnumerateArray().Select(item => $"{group} {item.GetProperty("path").GetString()}") : [])));
        var readme = File.ReadAllText(scratch["report/README.md"]);
        foreach (var page in new[] { "KEXTS/com.apple.driver.Changed.md", "FIRMWARE/Firmware/all_flash/DeviceTree.d99ap.im4p.md", "FIRMWARE/StaticTrustCache.md", "IBOOT/Firmware/all_flash/iBoot.d99.RELEASE.im4p.md" })
        {
            Assert.Contains($"]({page})", readme, StringComparison.Ordinal);
            Assert.True(File.Exists(scratch["report/" + page]), page);
        }
    }

    [Fact]
    public void A_board_that_there_is_not_is_wrong_usage()
    {
        using var scratch = Cli.Scratch();
        Build(isNew: false).WriteFile(scratch["old.ipsw"]);
        Build(isNew: true).WriteFile(scratch["new.ipsw"]);
        var result = Cli.Run("diff", scratch["old.ipsw"], scratch["new.ipsw"], "--device", "z1ap").Expect(2);
        Assert.Equal("ipswdiff: there is no board 'z1ap' in either firmware; there are d99ap\n", result.Error);
    }

    [Fact]
    public void Kernelcaches_and_payloads_are_compared_on_their_own()
    {
        using var scratch = Cli.Scratch();
        foreach (var (folder, isNew) in new[] { ("a", false), ("b", true) })
        {
            Directory.CreateDirectory(scratch[folder]);
            File.WriteAllBytes(scratch[folder + "/kernel"], Kernelcache(isNew));
            File.WriteAllBytes(scratch[folder + "/kernel.im4p"], Payload("krnl", Kernelcache(isNew)));
            File.WriteAllBytes(scratch[folder + "/tree.im4p"], Payload("dtre", Tree(isNew)));
        }

        foreach (var name in new[] { "kernel", "kernel.im4p" })
        {
            Assert.Contains("com.apple.driver.Changed", Cli.Run("diff", scratch["a/" + name], scratch["b/" + name]).Expect(0).Output, StringComparison.Ordinal);
        }

        Assert.Contains("tree.im4p", Cli.Run("diff", scratch["a/tree.im4p"], scratch["b/tree.im4p"]).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("both must be of one kind", Cli.Run("diff", scratch["a/tree.im4p"], scratch["b/kernel"]).Expect(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernelcache_that_cannot_be_read_leaves_the_run_incomplete()
    {
        using var scratch = Cli.Scratch();
        Build(isNew: false).WriteFile(scratch["old.ipsw"]);
        Build(isNew: true, Payload("krnl", Kernelcache(isNew: true))[..5000]).WriteFile(scratch["new.ipsw"]);
        var result = Cli.Run("diff", scratch["old.ipsw"], scratch["new.ipsw"], "--handlers", "Kernelcache,Firmware").Expect(3);
        Assert.Contains("1 item could not be read", result.Output, StringComparison.Ordinal);
    }

    internal static IpswBuilder Build(bool isNew, byte[]? kernel = null)
    {
        var firmware = new IpswBuilder(isNew ? "26.1" : "26.0", isNew ? "23B1" : "23A1").AddBoard("d99ap", "iPhone99,1");
        firmware.AddKernelcache(Kernel, ForgeContent.FromBytes(kernel ?? Payload("krnl", Kernelcache(isNew))));
        firmware.AddFirmware("DeviceTree", "Firmware/all_flash/DeviceTree.d99ap.im4p", ForgeContent.FromBytes(Payload("dtre", Tree(isNew))));
        var table = new FtabWriter().AddCompressed("a000", Text(isNew ? "what the new firmware says" : "what the old firmware says"));
        firmware.AddMember("Firmware/agx/armfw_g99.im4p", ForgeContent.FromBytes(Payload("gfxf", (isNew ? table.Add("new0", Text("added to the table")) : table).Write())));
        var trust = new TrustCacheWriter(2);
        trust.Entries.Add(new TrustCacheEntryPlan(Enumerable.Repeat(isNew ? (byte)1 : (byte)2, 20).ToArray()));
        firmware.AddFirmware("StaticTrustCache", isNew ? "Firmware/090-22222-002.dmg.trustcache" : "Firmware/090-11111-001.dmg.trustcache", ForgeContent.FromBytes(Payload("trst", trust.Write())));
        var stage = new IBootWriter("iBoot", isNew ? "iBoot-2.0" : "iBoot-1.0");
        if (isNew)
        {
            stage.Payloads.Add(Text("AppleSMCFirmware-1.0"));
        }
        else
        {
            firmware.AddMember("Firmware/gone.im4p", ForgeContent.FromBytes(Payload("ansf", Text("what is no longer there"))));
        }

        return firmware.AddFirmware("iBoot", "Firmware/all_flash/iBoot.d99.RELEASE.im4p", ForgeContent.FromBytes(Payload("ibot", stage.Write())));
    }

    private static byte[] Kernelcache(bool isNew)
    {
        var cache = new KernelcacheBuilder(KernelcacheForm.Fileset);
        cache.AddKext("com.apple.driver.Changed", isNew ? "2.0" : "1.0", 1).Image!.Uuid = new Guid(1, 0, 0, new byte[8]);
        cache.AddKext(isNew ? "com.apple.driver.Added" : "com.apple.driver.Gone", "1.0", 2);
        return cache.Build();
    }

    private static byte[] Tree(bool isNew) => DeviceTreeWriter.Write(DeviceTreeWriter.Example().Add("changed", isNew ? 1u : 2u));

    private static byte[] Text(string text) => [.. new byte[600], .. System.Text.Encoding.ASCII.GetBytes(text), 0, .. new byte[300]];

    private static byte[] Payload(string tag, byte[] payload) => new Im4pWriter(tag, "1") { Packing = tag == "krnl" ? Im4pPacking.Lzfse : Im4pPacking.None }.Write(payload);
}
