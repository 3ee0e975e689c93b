using IpswDiff.Diffing.Pairs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.Bytes;
using Forged = IpswDiff.Forge.Apfs;

namespace IpswDiff.Diffing.Tests.Pairs;

/// <summary>
/// The hash of contents too long to be read: the same for the same bytes, whatever of them is stored.
/// </summary>
public sealed class BlockHashTests
{
    private const int Length = (5 << 16) + 123;

    [Fact]
    public void Holes_and_stored_zeros_come_to_the_same()
    {
        var sparse = ForgeContent.Sparse(Length, (70_000, [1, 2, 3]), (200_000, [4]));
        Assert.Equal(BlockHash.Of(Open(sparse)), BlockHash.Of(new MemoryByteSource(sparse.ToArray())));
    }

    [Fact]
    public void Another_byte_another_place_or_another_length_is_another_hash()
    {
        string[] hashes =
        [
            .. new[]
            {
                ForgeContent.Sparse(Length, (70_000, [1])),
                ForgeContent.Sparse(Length, (70_000, [2])),
                ForgeContent.Sparse(Length, (70_001, [1])),
                ForgeContent.Sparse(Length, (140_000, [1])),
                ForgeContent.Sparse(Length + 1, (70_000, [1])),
                ForgeContent.Sparse(1L << 60, (70_000, [1])),
            }.Select(content => BlockHash.Of(Open(content))),
        ];
        Assert.Equal(hashes.Length, hashes.Distinct(StringComparer.Ordinal).Count());
    }

    private static ByteSource Open(ForgeContent content)
    {
        var tree = new ForgeTree();
        tree.AddFile("/file", content);
        using var stream = new MemoryStream();
        new Forged.ApfsContainer([new Forged.ApfsVolume("Forged", tree)]).WriteTo(new StreamSink(stream));
        var volume =
            Assert.Single(ApfsContainer.Open(new MemoryByteSource(stream.ToArray()), new ApfsOptions()).Volumes);
        return volume.Open(volume.Find("/file")!);
    }
}
