using System.Text.Json;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.ImagePatches;
using IpswDiff.Forge.Ota;
using IpswDiff.Forge.Udif;

namespace IpswDiff.EndToEnd;

/// <summary>Image patches of over-the-air updates.</summary>
public class ImagePatchTests
{
    [Fact]
    public void Images_of_an_update_are_patched_where_their_base_is_at_hand()
    {
        using var scratch = Cli.Scratch();
        Directory.CreateDirectory(scratch["bases"]);
        File.WriteAllBytes(scratch["bases/another.dmg"], Image("another"));
        File.WriteAllBytes(scratch["bases/SystemOS.dmg"], Image("old"));
        File.WriteAllBytes(scratch["old.zip"], Update("26.0", "23A1").AddImage("cryptex-system-arm64e", Image("old")).ToZip());
        File.WriteAllBytes(scratch["new.zip"], Update("26.1", "23B1").AddImage("cryptex-system-arm64e", BxdiffWriter.Write(Image("old"), Image("new"))).ToZip());
        foreach (var place in (string[])["bases", "bases/SystemOS.dmg"])
        {
            Assert.Equal("new"u8, Cli.Run("cat", scratch["new.zip"], "SystemOS:/file", "--base", scratch[place]).Expect(0).OutputBytes);
        }

        Cli.Run("diff", scratch["old.zip"], scratch["new.zip"], "--base", scratch["bases"], "-o", scratch["report"]).Expect(0);
        using var report = JsonDocument.Parse(File.ReadAllBytes(scratch["report/report.json"]));
        var files = report.RootElement.GetProperty("sections").EnumerateArray().Single(section => section.GetProperty("handler").GetString() == "Files");
        Assert.Contains("/file", files.GetProperty("changed").EnumerateArray().Select(item => item.GetProperty("path").GetString()));

        var result = Cli.Run("diff", scratch["old.zip"], scratch["new.zip"]).Expect(3);
        Assert.Contains("SHA-1", result.Output + result.Error, StringComparison.Ordinal);
        Assert.Contains("--base", Cli.Run("cat", scratch["new.zip"], "SystemOS:/file").Expect(4).Error, StringComparison.Ordinal);
        Assert.Contains("which is not", Cli.Run("cat", scratch["new.zip"], "SystemOS:/file", "--base", scratch["bases/another.dmg"]).Expect(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patch_on_its_own_is_what_it_makes()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["old.dmg"], Image("old"));
        File.WriteAllBytes(scratch["patch"], BxdiffWriter.Write(Image("old"), Image("new")));
        File.WriteAllBytes(scratch["whole"], BxdiffWriter.WriteWhole(Image("new")));
        Assert.Contains("/file", Cli.Run("diff", scratch["old.dmg"], scratch["patch"], "--base", scratch["old.dmg"], "--handlers", "Files").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("new"u8, Cli.Run("cat", scratch["whole"], "/file").Expect(0).OutputBytes);
        var patch = JsonDocument.Parse(Cli.Run("inspect", scratch["patch"], "--json").Expect(0).OutputBytes).RootElement;
        Assert.Equal(("bxdiff", true), (patch.GetProperty("type").GetString(), patch.GetProperty("needsBase").GetBoolean()));
        Assert.False(JsonDocument.Parse(Cli.Run("inspect", scratch["whole"], "--json").Expect(0).OutputBytes).RootElement.GetProperty("needsBase").GetBoolean());
    }

    [Fact]
    public void A_raw_image_diff_is_described_and_refused_by_name()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["cryptex"], RidiffWriter.Write(Image("new")));
        var patch = JsonDocument.Parse(Cli.Run("inspect", scratch["cryptex"], "--json").Expect(0).OutputBytes).RootElement;
        Assert.Equal(("ridiff", 3), (patch.GetProperty("type").GetString(), patch.GetProperty("forks").GetInt32()));
        Assert.Contains("RIDIFF10", Cli.Run("ls", scratch["cryptex"]).Expect(4).Error, StringComparison.Ordinal);
    }

    private static OtaBuilder Update(string version, string build)
    {
        var tree = new ForgeTree();
        tree.AddFile("/sbin/launchd", "same");
        return new OtaBuilder(version, build, "iPhone16,2").AddPayload(tree);
    }

    private static byte[] Image(string contents)
    {
        var tree = new ForgeTree();
        tree.AddFile("/file", contents);
        using var stream = new MemoryStream();
        ForgeImage.WriteDmg(stream, [new ApfsVolume("System", tree)]);
        return stream.ToArray();
    }
}
