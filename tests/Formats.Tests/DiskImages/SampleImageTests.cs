using System.IO.Compression;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.Udif;

namespace IpswDiff.Formats.Tests.DiskImages;

public sealed class SampleImageTests
{
    [Fact]
    public void Reads_every_file_of_an_image_made_by_macOS()
    {
        var (image, manifest) = Open("dmg/basic.dmg", "dmg/manifest.json");
        Assert.True(image.IsUdif);
        var volume = Assert.Single(image.Volumes);
        Assert.Equal(manifest.VolumeName, volume.Name);
        manifest.AssertEqualTo(volume.Volume);
    }

    [Fact]
    public void Reads_the_same_files_from_the_raw_image()
    {
        var (image, manifest) = Open("dmg/basic.img.gz", "dmg/manifest.json");
        Assert.False(image.IsUdif);
        manifest.AssertEqualTo(Assert.Single(image.Volumes).Volume);
    }

    [Fact]
    public void Reads_every_file_of_an_HFS_plus_image_made_by_macOS()
    {
        var (image, manifest) = Open("dmg/hfs-basic.dmg", "dmg/hfs-manifest.json");
        Assert.True(image.IsUdif);
        var volume = Assert.Single(image.Volumes);
        Assert.Equal(("hfsplus", manifest.VolumeName), (volume.Volume.FileSystem, volume.Name));
        manifest.AssertEqualTo(volume.Volume);
    }

    [Fact]
    public void The_checksums_of_real_images_match()
    {
        foreach (var name in new[] { "dmg/basic.dmg", "dmg/hfs-basic.dmg" })
        {
            using var file = new FileByteSource(Sample(name));
            UdifImage.Open(file).Verify(TestContext.Current.CancellationToken);
        }
    }

    private static (DiskImage Image, SampleManifest Manifest) Open(string image, string manifest)
    {
        var bytes = File.ReadAllBytes(Sample(image));
        if (image.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            var raw = new MemoryStream();
            gzip.CopyTo(raw);
            bytes = raw.ToArray();
        }

        return (DiskImage.Open(new MemoryByteSource(bytes)), new SampleManifest(Sample(manifest)));
    }

    private static string Sample(string name)
    {
        var path = SampleFiles.Find(name);
        Assert.SkipWhen(path is null, $"the optional sample {name} is absent");
        return path!;
    }
}
