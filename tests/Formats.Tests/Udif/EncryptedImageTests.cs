using IpswDiff.Forge;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Udif;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.DiskImages;

namespace IpswDiff.Formats.Tests.Udif;

public sealed class EncryptedImageTests
{
    [Theory]
    [InlineData(16, 4096)]
    [InlineData(32, 4096)]
    [InlineData(16, 512)]
    public void Reads_an_image_with_its_key(int aesKey, int chunkSize)
    {
        var key = ForgeContent.Random(1, aesKey + 20).ToArray();
        var source = new MemoryByteSource(EncryptedImageWriter.Write(Image(), key, chunkSize));
        Assert.Equal(FileFormat.DiskImage, FileFormats.Detect(source));
        var image = DiskImage.Open(source, new DiskImageOptions { ImageKey = key });
        Assert.True(image.IsUdif);
        var volume = Assert.Single(image.Volumes).Volume;
        Assert.Equal("contents"u8.ToArray(), volume.Open(volume.Find("/file")!).ReadBytes(0, 8));
    }

    [Fact]
    public void Says_what_to_do_without_a_key_and_tells_another_one()
    {
        var key = ForgeContent.Random(1, 36).ToArray();
        var source = new MemoryByteSource(EncryptedImageWriter.Write(Image(), key));
        Assert.Contains("--key", Assert.Throws<FirmwareFormatException>(() => DiskImage.Open(source)).Reason, StringComparison.Ordinal);
        Assert.Contains("--key", DiskImage.EncryptionOf(source), StringComparison.Ordinal);
        Assert.Contains("not decrypted by this key", Fault(source, ForgeContent.Random(2, 36).ToArray()), StringComparison.Ordinal);
        Assert.Contains("a key of 36 bytes is wanted", Fault(source, new byte[52]), StringComparison.Ordinal);
    }

    [Fact]
    public void Survives_damage_and_truncation()
    {
        var key = ForgeContent.Random(1, 36).ToArray();
        var good = EncryptedImageWriter.Write(Image(), key);
        foreach (var damaged in Mutator.Damage(good, 100, 9, 80).Concat(Mutator.Truncate(good, 20)))
        {
            try
            {
                Assert.NotEmpty(DiskImage.Open(new MemoryByteSource(damaged), new DiskImageOptions { ImageKey = key, Cache = new BlockCache(1 << 20) }).Volumes);
            }
            catch (FirmwareFormatException fault)
            {
                Assert.NotEmpty(fault.Reason);
            }
        }
    }

    private static string Fault(ByteSource source, byte[] key) =>
        Assert.Throws<FirmwareFormatException>(() => DiskImage.Open(source, new DiskImageOptions { ImageKey = key })).Reason;

    private static byte[] Image()
    {
        var tree = new ForgeTree();
        tree.AddFile("/file", "contents");
        using var stream = new MemoryStream();
        ForgeImage.WriteDmg(stream, [new ApfsVolume("Volume", tree)]);
        return stream.ToArray();
    }
}
