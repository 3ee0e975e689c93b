using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.Udif;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.Partitions;
using IpswDiff.Formats.Tests.Apfs;
using Forged = IpswDiff.Forge.Apfs;
using PartitionMap = IpswDiff.Forge.Partitions.PartitionMap;

namespace IpswDiff.Formats.Tests.DiskImages;

public sealed class DiskImageTests
{
    [Theory]
    [InlineData(PartitionMap.Gpt, PartitionScheme.Gpt)]
    [InlineData(PartitionMap.Apm, PartitionScheme.Apm)]
    [InlineData(PartitionMap.None, PartitionScheme.None)]
    public void Opens_images_down_to_their_volumes(PartitionMap map, PartitionScheme scheme)
    {
        var tree = ForgedContainer.Everything();
        using var udif = new MemoryStream();
        ForgeImage.WriteDmg(udif, Volumes(tree), new ForgeImageOptions { Map = map });
        AssertHolds(DiskImage.Open(new MemoryByteSource(udif.ToArray())), isUdif: true, scheme, tree);

        using var raw = new MemoryStream();
        ForgeImage.WriteRaw(raw, [new DiskPartition("disk image", new Forged.ApfsContainer(Volumes(tree)))], map);
        AssertHolds(DiskImage.Open(new MemoryByteSource(raw.ToArray())), isUdif: false, scheme, tree);
    }

    [Fact]
    public void A_volume_is_read_by_many_threads_at_once()
    {
        var tree = ForgedContainer.Everything();
        using var udif = new MemoryStream();
        ForgeImage.WriteDmg(udif, [new Forged.ApfsVolume("Shared", tree)]);
        var options = new DiskImageOptions { Cache = new BlockCache(256 << 10), VerifyObjects = true };
        var volume = Assert.Single(DiskImage.Open(new MemoryByteSource(udif.ToArray()), options).Volumes).Volume;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => VolumeTruth.AssertHolds(volume, tree));
    }

    [Fact]
    public void What_holds_no_file_system_is_refused_by_name()
    {
        var fault = Assert.Throws<FirmwareFormatException>(() => DiskImage.Open(new MemoryByteSource(new byte[100_000])));
        Assert.Contains("neither a UDIF image", fault.Reason, StringComparison.Ordinal);

        var content = new RawContent(51_200, sink => sink.WriteZeros(51_200), PartitionTypes.HfsPlus, "Apple_HFS");
        using var stream = new MemoryStream();
        ForgeImage.WriteRaw(stream, [new DiskPartition("nothing", content)], PartitionMap.Gpt);
        fault = Assert.Throws<FirmwareFormatException>(() => DiskImage.Open(new MemoryByteSource(stream.ToArray())));
        Assert.Contains("48465300-0000-11AA-AA11-00306543ECAC", fault.Reason, StringComparison.Ordinal);
        Assert.Throws<FirmwareFormatException>(() => DiskImage.Open(new MemoryByteSource(ReadOnlyMemory<byte>.Empty)));
    }

    private static Forged.ApfsVolume[] Volumes(ForgeTree tree) => [new Forged.ApfsVolume("OS", tree) { Role = Forged.ApfsRole.System }];

    private static void AssertHolds(DiskImage image, bool isUdif, PartitionScheme scheme, ForgeTree tree)
    {
        Assert.Equal(isUdif, image.IsUdif);
        Assert.Equal(scheme, image.Table.Scheme);
        var volume = Assert.Single(image.Volumes);
        Assert.Equal(("OS", "system", false), (volume.Name, volume.Role, volume.IsEncrypted));
        Assert.Contains(volume.Partition, image.Partitions);
        VolumeTruth.AssertHolds(volume.Volume, tree);
    }
}
