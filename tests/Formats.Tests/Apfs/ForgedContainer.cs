using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.Bytes;
using Forged = IpswDiff.Forge.Apfs;

namespace IpswDiff.Formats.Tests.Apfs;

/// <summary>Containers that the Forge writes, in memory.</summary>
internal static class ForgedContainer
{
    internal static byte[] Write(ForgeTree tree, Forged.ApfsNames names = Forged.ApfsNames.CaseSensitive, Forged.ApfsOptions? options = null, int fragmentBlocks = 0) =>
        Write([new Forged.ApfsVolume("Forged", tree) { Names = names, FragmentBlocks = fragmentBlocks }], options);

    internal static byte[] Write(IReadOnlyList<Forged.ApfsVolume> volumes, Forged.ApfsOptions? options = null)
    {
        using var stream = new MemoryStream();
        new Forged.ApfsContainer(volumes, options).WriteTo(new StreamSink(stream));
        return stream.ToArray();
    }

    internal static ApfsVolume Open(byte[] container, bool verify = false) =>
        Assert.Single(ApfsContainer.Open(new MemoryByteSource(container), new ApfsOptions { VerifyObjects = verify }).Volumes);

    /// <summary>A small tree with one of everything.</summary>
    internal static ForgeTree Everything()
    {
        var tree = new ForgeTree();
        tree.AddFile("/a.txt", "alpha");
        tree.AddFile("/empty", []);
        tree.AddFile("/big.bin", ForgeContent.Random(7, 300_001));
        tree.AddFile("/sparse.bin", ForgeContent.Sparse(1 << 20, (8192, "in the middle"u8.ToArray()), (900_000, "near the end"u8.ToArray())));
        foreach (var compression in Enum.GetValues<ForgeCompression>().Where(c => c != ForgeCompression.None))
        {
            var isInline = ((int)compression & 1) != 0;
            tree.AddFile($"/compressed/{compression}", isInline ? Compressible(2000) : Compressible(200_000), compression);
            tree.AddFile($"/compressed/{compression}-stored", ForgeContent.Random(5, isInline ? 1000 : 70_000), compression);
            tree.AddFile($"/compressed/{compression}-block", Compressible(isInline ? 1 : 65_536), compression);
        }

        tree.AddFile("/dir/sub/deep/leaf", "leaf").Mode = 0b101_000_000;
        tree.AddFile("/dir.d/after", "sorts after what is in /dir");
        tree.AddFile("/dir-d/before", "'-' sorts before '/' as a character, not as a path");
        tree.AddSymlink("/link", "dir/sub");
        tree.AddHardLink("/dir/second-name", "/a.txt");
        tree.AddSpecial("/pipe", ForgeSpecialKind.Fifo);
        tree.AddDirectory("/hollow");
        tree.AddFile("/Übermut/é", "accents");
        var marked = tree.AddFile("/marked", "attributes");
        (marked.Uid, marked.Gid) = (501, 20);
        marked.ExtendedAttributes["com.example.small"] = [1, 2, 3];
        marked.ExtendedAttributes["com.example.large"] = new byte[9000];
        return tree;
    }

    private static ForgeContent Compressible(int length) =>
        ForgeContent.FromBytes([.. Enumerable.Range(0, length).Select(i => (byte)((i >> 6) * 31))]);
}
