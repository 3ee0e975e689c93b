using System.Text.Json;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.HfsPlus;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.Udif;

namespace IpswDiff.EndToEnd;

/// <summary>RAM disks, which lie in Image4 payloads, are opened as any disk image: on their own, and those that a firmware is installed from.</summary>
public class RamDiskTests
{
    [Theory]
    [InlineData(Im4pPacking.None)]
    [InlineData(Im4pPacking.Lzfse)]
    public void Opens_a_RAM_disk_in_an_Image4_payload_as_any_disk_image(Im4pPacking packing)
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["old.im4p"], new Im4pWriter("rdsk", "1") { Packing = packing }.Write(RamDisk("old text\n")));
        File.WriteAllBytes(scratch["new.im4p"], new Im4pWriter("rdsk", "1") { Packing = packing }.Write(RamDisk("new text\n")));
        Assert.Contains("/etc/motd", Cli.Run("ls", scratch["old.im4p"]).Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("new text\n", Cli.Run("cat", scratch["new.im4p"], "/etc/motd").Expect(0).Output);
        Cli.Run("diff", scratch["old.im4p"], scratch["new.im4p"], "-o", scratch["report"], "--format", "json").Expect(0);
        var report = File.ReadAllText(scratch["report/report.json"]);
        Assert.Contains("etc/motd", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_the_RAM_disks_of_a_firmware_are_listed_and_compared()
    {
        using var scratch = Cli.Scratch();
        Firmware("26.0", "23A1", "old text\n", new Im4pWriter("rdsk", "1").Write(RamDisk("old text\n"))).WriteFile(scratch["old.ipsw"]);
        Firmware("26.1", "23B1", "old text\n", new Im4pWriter("rdsk", "1").Write(RamDisk("new text\n"))).WriteFile(scratch["new.ipsw"]);
        Assert.Contains("RestoreRamDisk:/etc/motd\n", Cli.Run("ls", scratch["old.ipsw"]).Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("new text\n", Cli.Run("cat", scratch["new.ipsw"], "RestoreRamDisk:/etc/motd").Expect(0).Output);
        Cli.Run("diff", scratch["old.ipsw"], scratch["new.ipsw"], "-o", scratch["report"], "--format", "json").Expect(0);
        using var report = JsonDocument.Parse(File.ReadAllBytes(scratch["report/report.json"]));
        var files = report.RootElement.GetProperty("sections").EnumerateArray().Single(section => section.GetProperty("handler").GetString() == "Files");
        Assert.Equal("complete", files.GetProperty("state").GetString());
        Assert.Contains("RestoreRamDisk", files.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("etc/motd", files.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_RAM_disk_that_cannot_be_read_leaves_the_answer_incomplete()
    {
        using var scratch = Cli.Scratch();
        Firmware("26.0", "23A1", "a\n", new Im4pWriter("rdsk", "1").Write(RamDisk("a\n"))).WriteFile(scratch["old.ipsw"]);
        Firmware("26.1", "23B1", "b\n", new Im4pWriter("rdsk", "1") { KeybagSeed = 3 }.Write(RamDisk("b\n"))).WriteFile(scratch["new.ipsw"]);
        Assert.Contains("encrypted", Cli.Run("diff", scratch["old.ipsw"], scratch["new.ipsw"]).Expect(3).Output, StringComparison.Ordinal);
    }

    private static IpswBuilder Firmware(string version, string build, string text, byte[] ramDisk)
    {
        var tree = new ForgeTree();
        tree.AddFile("/private/etc/motd", ForgeContent.FromText(text));
        using var image = new MemoryStream();
        ForgeImage.WriteDmg(image, [new ApfsVolume("System", tree)]);
        return new IpswBuilder(version, build).AddBoard("d99ap", "iPhone99,1")
            .AddVolume("OS", "098-00001-001.dmg", ForgeContent.FromBytes(image.ToArray()))
            .AddFirmware("RestoreRamDisk", build == "23A1" ? "098-00002-001.dmg" : "098-10002-001.dmg", ForgeContent.FromBytes(ramDisk));
    }

    internal static byte[] RamDisk(string text)
    {
        var tree = new ForgeTree();
        tree.AddFile("/etc/motd", ForgeContent.FromText(text));
        using var image = new MemoryStream();
        ForgeImage.WriteDmg(image, [new DiskPartition("disk image", new HfsPlusImage(tree, new HfsPlusOptions()))]);
        return image.ToArray();
    }
}
