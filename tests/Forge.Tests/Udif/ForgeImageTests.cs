using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.Tests.Apfs;
using IpswDiff.Forge.Udif;

namespace IpswDiff.Forge.Tests.Udif;

public sealed class ForgeImageTests : IDisposable
{
    private readonly ImageFiles _files = new();

    [Theory]
    [InlineData(UdifChunkKind.Raw)]
    [InlineData(UdifChunkKind.Adc)]
    [InlineData(UdifChunkKind.Zlib)]
    [InlineData(UdifChunkKind.Bzip2)]
    [InlineData(UdifChunkKind.Lzfse)]
    [InlineData(UdifChunkKind.Lzma)]
    public void Every_chunk_kind_is_read_back(UdifChunkKind kind)
        => AssertRoundTrip(new ForgeImageOptions { Udif = new UdifOptions { Kind = kind, ChunkSectors = 128 } });

    [Theory]
    [InlineData(PartitionMap.None)]
    [InlineData(PartitionMap.Gpt)]
    [InlineData(PartitionMap.Apm)]
    public void Every_partition_map_is_read_back(PartitionMap map) => AssertRoundTrip(new ForgeImageOptions { Map = map });

    [Theory]
    [InlineData(UdifChunkKind.Raw)]
    [InlineData(UdifChunkKind.Zero)]
    [InlineData(UdifChunkKind.Ignore)]
    public void Zeros_are_stored_or_left_out(UdifChunkKind zeros) => AssertRoundTrip(new ForgeImageOptions { Udif = new UdifOptions { Zeros = zeros } });

    [Fact]
    public void Kinds_mix_in_one_table_behind_a_data_fork_that_starts_later()
    {
        UdifChunkKind[] kinds = [UdifChunkKind.Raw, UdifChunkKind.Zlib, UdifChunkKind.Adc, UdifChunkKind.Bzip2, UdifChunkKind.Lzfse, UdifChunkKind.Lzma];
        AssertRoundTrip(new ForgeImageOptions
        {
            Udif = new UdifOptions { KindOf = chunk => kinds[chunk % kinds.Length], ChunkSectors = 64, SingleTable = true, PortableZlib = true },
        });
    }

    [Fact]
    public void Several_partitions_are_read_back()
    {
        var (first, second) = (new ForgeTree(), new ForgeTree());
        first.AddFile("/one", ForgeContent.Random(1, 50_000));
        second.AddFile("/two", ForgeContent.Random(2, 60_000));
        var image = Path.Combine(_files.Folder, "two.dmg");
        using (var stream = File.Create(image))
        {
            ForgeImage.WriteDmg(stream, [Partition("First", first), Partition("Second", second)]);
        }

        AssertChecksums(image);
        var parts = _files.Extract(image);
        var names = Directory.GetFiles(parts, "*.apfs").Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(2, names.Length);
        ImageFiles.AssertHolds(_files.Extract(names[0]), first);
        ImageFiles.AssertHolds(_files.Extract(names[1]), second);
    }

    [Theory]
    [InlineData(PartitionMap.Gpt, "GPT")]
    [InlineData(PartitionMap.Apm, "APM")]
    public void Maps_of_raw_disks_name_type_and_place(PartitionMap map, string type)
    {
        var content = new ApfsContainer([new ApfsVolume("Volume", new ForgeTree())]);
        var image = _files.Write(DiskLayout.Create(map, [new DiskPartition("disk image", content)]));
        var listing = Witness.Run(Witnesses.SevenZip.Required(), "l", "-slt", "-t" + type, image);
        Assert.Equal(0, listing.ExitCode);
        Assert.Contains($"Size = {content.Length}", listing.Output, StringComparison.Ordinal);
        Assert.Contains("disk image", listing.Output, StringComparison.Ordinal);
        Assert.Contains("APFS", listing.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Portable_images_are_the_same_bytes_again()
    {
        static byte[] Make()
        {
            using var stream = new MemoryStream();
            ForgeImage.WriteDmg(stream, [new ApfsVolume("Same", TreeSamples.Everything())], new ForgeImageOptions { Udif = new UdifOptions { PortableZlib = true } });
            return stream.ToArray();
        }

        Assert.Equal(Make(), Make());
    }

    public void Dispose() => _files.Dispose();

    private static DiskPartition Partition(string name, ForgeTree tree) => new(name, new ApfsContainer([new ApfsVolume(name, tree)]));

    private void AssertRoundTrip(ForgeImageOptions options)
    {
        var tree = TreeSamples.Everything();
        tree.AddFile("/text", string.Concat(Enumerable.Range(0, 50_000).Select(i => $"line {i * 7919 % 1000} of the text\n")));
        var image = Path.Combine(_files.Folder, "image.dmg");
        using (var stream = File.Create(image))
        {
            ForgeImage.WriteDmg(stream, [new ApfsVolume("Everything", tree)], options);
        }

        AssertChecksums(image);
        ImageFiles.AssertHolds(_files.Extract(image), tree);
    }

    // 7zz compares the checksums of the data fork, of every table and of all of them.
    private static void AssertChecksums(string image)
    {
        var result = Witness.Run(Witnesses.SevenZip.Required(), "t", "-tdmg", image);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.DoesNotContain("rror", result.Output, StringComparison.Ordinal);
    }
}
