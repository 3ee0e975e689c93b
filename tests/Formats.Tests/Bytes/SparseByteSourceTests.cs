using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.HfsPlus;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.Udif;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.HfsPlus;
using Forged = IpswDiff.Forge.Apfs;
using UdifImage = IpswDiff.Formats.Udif.UdifImage;

namespace IpswDiff.Formats.Tests.Bytes;

/// <summary>Holes: told without being read, through every layer, and refused where there is nothing but them.</summary>
public sealed class SparseByteSourceTests
{
    private const int Middle = 1 << 20;

    private static ForgeContent Content => ForgeContent.Sparse(4 * Middle, (Middle, [1, 2, 3]));

    [Fact]
    public void Holes_of_an_apfs_file_are_told()
    {
        var content = Open(Apfs(Content));
        Assert.Equal(new ByteRun(Middle, IsHole: true), content.RunAt(0));
        Assert.Equal(new ByteRun(4096, IsHole: false), content.RunAt(Middle));
        Assert.Equal(new ByteRun((3 * Middle) - 4096, IsHole: true), content.RunAt(Middle + 4096));
        Assert.Equal(new ByteRun(94, IsHole: true), content.Slice(Middle - 10, 4200).RunAt(4106));
        Assert.Throws<FirmwareFormatException>(() => content.RunAt(4 * Middle));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Zero_runs_of_a_disk_image_are_holes_of_the_files_in_it(bool isApfs)
    {
        // The zeros are stored on the volume, and not in the image.
        var zeros = ForgeContent.FromBytes([.. Enumerable.Repeat((byte)7, 4096), .. new byte[2 * Middle]]);
        var disk = isApfs ? Apfs(zeros) : new HfsPlusImage(Tree(zeros), new HfsPlusOptions()).ToArray();
        using var stream = new MemoryStream();
        var writer = new UdifWriter(stream, new UdifOptions { Zeros = UdifChunkKind.Zero, ChunkSectors = 8 });
        writer.BeginTable("disk");
        writer.Write(disk);
        writer.Finish();
        var image = UdifImage.Open(new MemoryByteSource(stream.ToArray()));
        var content = isApfs
            ? Open(image) : HfsPlusVolume.Open(image) is var volume ? volume.Open(volume.Find("/file")!) : null!;
        Assert.False(content.RunAt(0).IsHole);
        Assert.True(content.RunAt(Middle).IsHole);
        Assert.InRange(content.RunAt(Middle).Length, 4096, 2 * Middle);
    }

    [Fact]
    public void Reading_through_holes_without_end_is_refused_and_what_is_stored_is_read()
    {
        var content = Open(Apfs(ForgeContent.Sparse(1L << 60, (1L << 50, [1, 2, 3]))));
        var bound = Assert.IsType<SparseByteSource>(SparseByteSource.Bound(content));
        var buffer = new byte[1 << 20];
        var fault = Assert.Throws<FirmwareFormatException>(() =>
        {
            for (var offset = 0L; offset < bound.Length; offset += buffer.Length)
            {
                bound.ReadExactly(offset, buffer);
            }
        });
        Assert.Contains("4096 of its 1152921504606846976 bytes", fault.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3, 0], bound.ReadBytes(1L << 50, 4));
        var small = Open(Apfs(Content));
        Assert.Same(small, SparseByteSource.Bound(small));
    }

    [Fact]
    public void A_cancelled_reader_stops_within_a_read()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new CancellableByteSource(new MemoryByteSource(new byte[16]), cancellation.Token);
        Assert.Equal(new byte[4], source.Slice(8, 8).ReadBytes(0, 4));
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(() => source.Slice(8, 8).ReadBytes(0, 4));
        Assert.Throws<OperationCanceledException>(() => source.RunAt(0));
    }

    private static byte[] Apfs(ForgeContent content)
    {
        using var stream = new MemoryStream();
        new Forged.ApfsContainer([new Forged.ApfsVolume("Forged", Tree(content))]).WriteTo(new StreamSink(stream));
        return stream.ToArray();
    }

    private static ForgeTree Tree(ForgeContent content)
    {
        var tree = new ForgeTree();
        tree.AddFile("/file", content);
        return tree;
    }

    private static ByteSource Open(byte[] container) => Open(new MemoryByteSource(container));

    private static ByteSource Open(ByteSource container)
    {
        var volume = Assert.Single(ApfsContainer.Open(container, new ApfsOptions()).Volumes);
        return volume.Open(volume.Find("/file")!);
    }
}
