using System.Text.Json;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.DeviceTree;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Img3;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.Udif;

namespace IpswDiff.EndToEnd;

/// <summary>Firmware of old devices, whose keys people publish.</summary>
public class PublishedKeyTests
{
    private const string Kernel = "kernelcache.release.n99";
    private const string Tree = "Firmware/all_flash/all_flash.n99ap.production/DeviceTree.n99ap.img3";
    private const string Root = "058-00001-001.dmg";

    private static readonly byte[] KernelKey = ForgeContent.Random(1, 48).ToArray();
    private static readonly byte[] TreeKey = ForgeContent.Random(2, 32).ToArray();
    private static readonly byte[] RootKey = ForgeContent.Random(3, 36).ToArray();

    private static readonly string[] Keys =
    [
        "--key", $"{Kernel}={Convert.ToHexString(KernelKey)}",
        "--key", $"DeviceTree.n99ap.img3={Convert.ToHexStringLower(TreeKey)}",
        "--key", $"{Root}={Convert.ToHexStringLower(RootKey)}",
    ];

    [Fact]
    public void A_firmware_of_IMG3_and_encrypted_images_diffs_as_its_twin_in_the_clear()
    {
        using var scratch = Cli.Scratch();
        foreach (var isNew in (bool[])[false, true])
        {
            Build(isNew, isEncrypted: false).WriteFile(scratch[isNew ? "new.ipsw" : "old.ipsw"]);
            Build(isNew, isEncrypted: true).WriteFile(scratch[isNew ? "new.locked.ipsw" : "old.locked.ipsw"]);
        }

        Cli.Run("diff", scratch["old.ipsw"], scratch["new.ipsw"], "-o", scratch["plain"], "--handlers", "Kernelcache,Firmware,MachO,Files").Expect(0);
        Cli.Run(["diff", scratch["old.locked.ipsw"], scratch["new.locked.ipsw"], "-o", scratch["keys"], "--handlers", "Kernelcache,Firmware,MachO,Files", .. Keys]).Expect(0);
        var found = Items(scratch["keys/report.json"]);
        Assert.Equal(Items(scratch["plain/report.json"]), found);
        Assert.Contains("Kernelcache changed com.apple.driver.Changed", found);
        Assert.Contains($"Firmware changed {Tree}", found);
        Assert.Contains("Files changed /file", found);
        Cli.Run(["diff", scratch["old.locked.ipsw"], scratch["new.locked.ipsw"], "--handlers", "Kernelcache,Firmware", .. Keys[2..]]).Expect(3);
    }

    [Fact]
    public void No_report_holds_a_key()
    {
        using var scratch = Cli.Scratch();
        Build(isNew: false, isEncrypted: true).WriteFile(scratch["old.ipsw"]);
        Build(isNew: true, isEncrypted: true).WriteFile(scratch["new.ipsw"]);
        var run = Cli.Run(["diff", scratch["old.ipsw"], scratch["new.ipsw"], "-o", scratch["report"], "--verbose", .. Keys]);
        foreach (var text in Directory.EnumerateFiles(scratch["report"], "*", SearchOption.AllDirectories).Select(File.ReadAllText).Append(run.Output).Append(run.Error))
        {
            Assert.DoesNotContain(Convert.ToHexString(KernelKey)[..16], text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToHexString(RootKey)[..16], text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void Inspect_describes_an_IMG3_with_and_without_its_key()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["kernel"], new Img3Writer("krnl") { Packs = true, IvAndKey = KernelKey, Version = "1.0" }.Write(KernelCache(isNew: true)));
        var locked = JsonDocument.Parse(Cli.Run("inspect", scratch["kernel"], "--json").Expect(0).OutputBytes).RootElement;
        Assert.Equal(("img3", "krnl", "1.0", true), (Text(locked, "type"), Text(locked, "tag"), Text(locked, "version"), locked.GetProperty("encrypted").GetBoolean()));
        Assert.Equal("TYPE DATA VERS CHIP KBAG KBAG SHSH", string.Join(' ', locked.GetProperty("tags").EnumerateArray().Select(tag => Text(tag, "name"))));
        Assert.Equal(256, locked.GetProperty("keybags")[0].GetProperty("bits").GetInt32());
        var open = JsonDocument.Parse(Cli.Run("inspect", scratch["kernel"], "--json", "--key", Convert.ToHexString(KernelKey)).Expect(0).OutputBytes).RootElement;
        Assert.Equal(("lzss", false), (Text(open, "compression"), open.GetProperty("encrypted").GetBoolean()));
        Assert.Equal(KernelCache(isNew: true).Length, open.GetProperty("uncompressedSize").GetInt32());
        Assert.Contains("not decrypted by this IV and key", Cli.Run("inspect", scratch["kernel"], "--key", new string('0', 96)).Expect(4).Error, StringComparison.Ordinal);
        Assert.Contains("hexadecimal", Cli.Run("inspect", scratch["kernel"], "--key", "xyz").Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_encrypted_image_is_described_and_opens_with_its_key()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["root.dmg"], RootImage(isNew: true, isEncrypted: true));
        var locked = JsonDocument.Parse(Cli.Run("inspect", scratch["root.dmg"], "--json").Expect(3).OutputBytes).RootElement;
        Assert.Equal(("dmg", true), (Text(locked, "type"), locked.GetProperty("encrypted").GetBoolean()));
        Assert.Contains("encrcdsa", Cli.Run("ls", scratch["root.dmg"]).Expect(4).Error, StringComparison.Ordinal);
        Assert.Equal("new"u8, Cli.Run("cat", scratch["root.dmg"], "/file", "--key", Convert.ToHexString(RootKey)).Expect(0).OutputBytes);
    }

    private static IpswBuilder Build(bool isNew, bool isEncrypted) => new IpswBuilder(isNew ? "6.1" : "6.0", isNew ? "10B1" : "10A1")
        .AddBoard("n99ap", "iPhone3,9")
        .AddKernelcache(Kernel, ForgeContent.FromBytes(new Img3Writer("krnl") { Packs = true, IvAndKey = isEncrypted ? KernelKey : [] }.Write(KernelCache(isNew))))
        .AddFirmware("DeviceTree", Tree, ForgeContent.FromBytes(new Img3Writer("dtre") { IvAndKey = isEncrypted ? TreeKey : [] }.Write(
            DeviceTreeWriter.Write(DeviceTreeWriter.Example().Add("changed", isNew ? 1u : 2u)))))
        .AddVolume("OS", Root, ForgeContent.FromBytes(RootImage(isNew, isEncrypted)));

    private static byte[] RootImage(bool isNew, bool isEncrypted)
    {
        var tree = new ForgeTree();
        tree.AddFile("/file", isNew ? "new" : "old");
        using var stream = new MemoryStream();
        ForgeImage.WriteDmg(stream, [new ApfsVolume("System", tree)]);
        return isEncrypted ? EncryptedImageWriter.Write(stream.ToArray(), RootKey) : stream.ToArray();
    }

    private static byte[] KernelCache(bool isNew)
    {
        var cache = new KernelcacheBuilder(KernelcacheForm.Prelinked);
        cache.AddKext("com.apple.driver.Changed", isNew ? "2.0" : "1.0", 1).Image!.Uuid = new Guid(1, 0, 0, new byte[8]);
        return cache.Build();
    }

    // What the archive itself lists differs with the encryption; what is in its files does not.
    private static string[] Items(string report)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(report));
        return
        [
            .. from section in document.RootElement.GetProperty("sections").EnumerateArray()
               from @group in (string[])["added", "removed", "changed", "moved", "rebuilt", "unreadable"]
               where section.TryGetProperty(@group, out _)
               from item in section.GetProperty(@group).EnumerateArray()
               where !item.TryGetProperty("volume", out var volume) || volume.GetString() != "IPSW"
               select $"{section.GetProperty("handler").GetString()} {@group} {item.GetProperty("path").GetString()}",
        ];
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
