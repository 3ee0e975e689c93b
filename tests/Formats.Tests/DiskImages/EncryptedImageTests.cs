using IpswDiff.Forge.Aea;
using IpswDiff.Forge.Udif;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.Tests.Apfs;
using Forged = IpswDiff.Forge.Apfs;

namespace IpswDiff.Formats.Tests.DiskImages;

/// <summary>The whole stack of a firmware's file system: encrypted archive, UDIF, partitions, APFS.</summary>
public sealed class EncryptedImageTests
{
    [Theory]
    [InlineData(AeaCompression.None, UdifChunkKind.Lzfse)]
    [InlineData(AeaCompression.Lzfse, UdifChunkKind.Raw)]
    [InlineData(AeaCompression.Zlib, UdifChunkKind.Lzma)]
    public void Reads_every_file_through_archive_image_and_container(AeaCompression outer, UdifChunkKind inner)
    {
        var tree = ForgedContainer.Everything();
        var builder = new AeaBuilder(1) { Compression = outer, Padding = 4096 }.WithKeyService("https://wkms-public.apple.com/keys/one.pem");
        var archive = builder.Build(Image(new UdifOptions { Kind = inner }, tree));
        var image = DiskImage.Open(new MemoryByteSource(archive), new DiskImageOptions
        {
            Cache = new BlockCache(1 << 20),
            VerifyObjects = true,
            Keys = new AeaKeyOptions { Fetch = _ => builder.ServiceKey(pad: true) },
        });
        Assert.True(image.IsUdif);
        Assert.Equal("one.pem", image.Archive?.KeyName);
        VolumeTruth.AssertHolds(Assert.Single(image.Volumes).Volume, tree);
    }

    [Fact]
    public void Without_a_key_the_message_names_it()
    {
        var builder = new AeaBuilder(2).WithKeyService("https://wkms-public.apple.com/keys/two.pem");
        var archive = builder.Build(Image(new UdifOptions(), ForgedContainer.Everything()));
        var fault = Assert.Throws<FirmwareFormatException>(() => DiskImage.Open(new MemoryByteSource(archive)));
        Assert.Contains("\"two.pem\"", fault.Reason, StringComparison.Ordinal);
    }

    private static byte[] Image(UdifOptions options, Forge.FileTree.ForgeTree tree)
    {
        using var stream = new MemoryStream();
        ForgeImage.WriteDmg(stream, [new Forged.ApfsVolume("OS", tree)], new ForgeImageOptions { Udif = options });
        return stream.ToArray();
    }
}
