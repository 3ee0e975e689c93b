using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using IpswDiff.Forge;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Udif;

namespace IpswDiff.EndToEnd;

/// <summary><c>ls</c> and <c>cat</c> on images that macOS made, against the list of what macOS put there.</summary>
public class ImageCommandTests
{
    [Theory]
    [InlineData("dmg/basic.dmg", "dmg/manifest.json")]
    [InlineData("dmg/basic.img.gz", "dmg/manifest.json")]
    [InlineData("dmg/hfs-basic.dmg", "dmg/hfs-manifest.json")]
    public void Lists_and_writes_every_file_that_macOS_put_there(string image, string manifest)
    {
        using var scratch = Cli.Scratch();
        var path = Unpacked(SampleOrSkip(image), scratch);
        using var truth = JsonDocument.Parse(File.ReadAllBytes(SampleOrSkip(manifest)));
        var listed = Cli.Run("ls", path, "--json", "--hash").Expect(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(entry => entry.GetProperty("path").GetString()!, StringComparer.Ordinal);
        foreach (var file in truth.RootElement.GetProperty("files").EnumerateObject())
        {
            var entry = listed["/" + file.Name];
            Assert.Equal(file.Value.GetProperty("type").GetString() switch { "dir" => "directory", var type => type }, entry.GetProperty("kind").GetString());
            if (entry.GetProperty("kind").GetString() == "symlink")
            {
                Assert.Equal(file.Value.GetProperty("target").GetString(), entry.GetProperty("target").GetString());
                continue;
            }

            Assert.Equal(Octal(file.Value.GetProperty("mode").GetString()!), Octal(entry.GetProperty("mode").GetString()!));
            if (entry.GetProperty("kind").GetString() == "file")
            {
                var sha256 = file.Value.GetProperty("sha256").GetString();
                Assert.Equal(file.Value.GetProperty("size").GetInt64(), entry.GetProperty("size").GetInt64());
                Assert.Equal(sha256, entry.GetProperty("sha256").GetString());
                Assert.Equal(file.Value.TryGetProperty("compressed", out var compressed) && compressed.GetBoolean(), entry.GetProperty("compressed").GetBoolean());
                Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(Cli.Run("cat", path, "/" + file.Name).Expect(0).OutputBytes)));
            }
        }
    }

    [Fact]
    public void Paths_of_a_firmware_begin_with_their_volume()
    {
        var listed = Cli.Run("ls", Samples.New).Expect(0).Output;
        Assert.Contains("FileSystem:/sbin/launchd\n", listed, StringComparison.Ordinal);
        Assert.Contains("SystemOS:/usr/lib/libsample.1.dylib\n", listed, StringComparison.Ordinal);
        Assert.Equal("Welcome to 1.1\n", Cli.Run("cat", Samples.New, "FileSystem:/private/etc/motd").Expect(0).Output);
        Cli.Run("cat", Samples.New, "/private/etc/motd").Expect(2);
        Assert.Contains("there is no '/nowhere'", Cli.Run("cat", Samples.New, "FileSystem:/nowhere").Expect(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Verifying_an_image_finds_a_flipped_bit_that_reading_its_headers_does_not()
    {
        using var scratch = Cli.Scratch();
        var tree = new ForgeTree();
        tree.AddFile("/random.bin", ForgeContent.Random(1, 4 << 20));
        using var image = new MemoryStream();
        ForgeImage.WriteDmg(image, [new ApfsVolume("Random", tree)]);
        var bytes = image.ToArray();
        File.WriteAllBytes(scratch["whole.dmg"], bytes);
        Assert.Contains("\"verified\": true", Cli.Run("inspect", scratch["whole.dmg"], "--verify", "--json").Expect(0).Output, StringComparison.Ordinal);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(scratch["flipped.dmg"], bytes);
        Cli.Run("inspect", scratch["flipped.dmg"]).Expect(0);
        Assert.Contains("UDIF", Cli.Run("inspect", scratch["flipped.dmg"], "--verify").Expect(4).Error, StringComparison.Ordinal);
    }

    private static string SampleOrSkip(string name)
    {
        var path = SampleFiles.Find(name);
        Assert.SkipWhen(path is null, $"the optional sample {name} is absent");
        return path;
    }

    private static string Unpacked(string path, ScratchFolder scratch)
    {
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
        {
            return path;
        }

        var unpacked = scratch["image.img"];
        using var source = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var target = File.Create(unpacked);
        source.CopyTo(target);
        return unpacked;
    }

    private static int Octal(string text) => Convert.ToInt32(text.Replace("0o", string.Empty, StringComparison.Ordinal), 8);
}
