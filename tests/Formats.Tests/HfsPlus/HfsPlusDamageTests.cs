using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.HfsPlus;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Formats.Tests.HfsPlus;

public sealed class HfsPlusDamageTests
{
    private const int NodeSize = 4096;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Survives_damage_anywhere()
    {
        var image = Small(out _).ToArray();
        var faults = Mutator.Damage(image, 400, seed: 1, hot: 2048).Count(IsRefused);
        Assert.InRange(faults, 5, 400);
    }

    [Theory]
    [InlineData("header")]
    [InlineData("catalog")]
    [InlineData("extents")]
    [InlineData("attributes")]
    public void Survives_damage_in_its_structures(string structure)
    {
        var image = Small(out _);
        var bytes = image.ToArray();
        var (offset, length) = structure switch
        {
            "header" => (1024L, 512L),
            "catalog" => (image.CatalogOffset, image.CatalogLength),
            "extents" => (image.ExtentsOffset, 3 * NodeSize),
            _ => (image.AttributesOffset, 3 * 8192),
        };
        var region = bytes.AsSpan((int)offset, (int)length).ToArray();
        var faults = 0;
        foreach (var damaged in Mutator.Damage(region, 500, seed: 2, hot: 256))
        {
            damaged.CopyTo(bytes, offset);

            // The alternate header would heal what this test breaks.
            bytes.AsSpan(bytes.Length - 1024).Clear();
            faults += IsRefused(bytes) ? 1 : 0;
        }

        Assert.InRange(faults, 20, 500);
    }

    [Fact]
    public void Survives_truncation()
    {
        var image = Small(out _).ToArray();
        Assert.All(Mutator.Truncate(image, 50).Where(cut => cut.Length > 4096), cut => Assert.True(IsRefused(cut)));
    }

    [Fact]
    public void Notices_leaves_that_link_in_a_circle()
    {
        var tree = new ForgeTree();
        for (var i = 0; i < 400; i++)
        {
            tree.AddFile($"/file {i:D4}", []);
        }

        var image = new HfsPlusImage(tree, new HfsPlusOptions());
        var bytes = image.ToArray();
        var catalog = bytes.AsSpan((int)image.CatalogOffset);

        // The second leaf points back to the first, which knows nothing of it; then it does.
        BinaryPrimitives.WriteUInt32BigEndian(catalog[(2 * NodeSize)..], 1);
        AssertFault("backward link", bytes);
        BinaryPrimitives.WriteUInt32BigEndian(catalog[(NodeSize + 4)..], 2);
        AssertFault("out of order", bytes);
    }

    [Fact]
    public void Notices_an_index_that_points_to_itself()
    {
        var image = new HfsPlusImage(HfsTreeSamples.Many(300), new HfsPlusOptions());
        var bytes = image.ToArray();
        var catalog = bytes.AsSpan((int)image.CatalogOffset);
        var root = BinaryPrimitives.ReadUInt32BigEndian(catalog[16..]);
        var node = catalog.Slice((int)root * NodeSize, NodeSize);
        for (var i = 0; i < BinaryPrimitives.ReadUInt16BigEndian(node[10..]); i++)
        {
            var record = BinaryPrimitives.ReadUInt16BigEndian(node[(NodeSize - (2 * (i + 1)))..]);
            BinaryPrimitives.WriteUInt32BigEndian(node[(record + 2 + BinaryPrimitives.ReadUInt16BigEndian(node[record..]))..], root);
        }

        AssertFault("height", bytes);
    }

    [Fact]
    public void Notices_a_folder_link_into_itself()
    {
        var tree = new ForgeTree();
        var loop = tree.AddDirectory("/loop");
        tree.AddDirectory("/other").Children.Add("again", loop);
        loop.Children.Add("inside", new ForgeFile(ForgeContent.FromText("x")));
        var image = new HfsPlusImage(tree, new HfsPlusOptions());
        var bytes = image.ToArray();
        Assert.False(IsRefused(bytes));

        // The plain file in the shared folder becomes one more link to that folder.
        var links = Records(bytes, image).Where(record => Type(bytes, record) == "fdrp").ToList();
        var inside = Records(bytes, image).Single(record => Type(bytes, record) == "\0\0\0\0" && bytes[record + 1] == 2);
        var id = bytes.AsSpan(inside + 8, 4).ToArray();
        bytes.AsSpan(links[0], 248).CopyTo(bytes.AsSpan(inside));
        id.CopyTo(bytes, inside + 8);
        AssertFault("that it is in", bytes);
    }

    [Fact]
    public void Stops_folder_links_that_double_at_every_level()
    {
        var tree = new ForgeTree();
        var folder = tree.AddDirectory("/level00");
        for (var level = 1; level < 40; level++)
        {
            var next = new ForgeDirectory();
            folder.Children.Add("a", next);
            folder.Children.Add("b", next);
            folder = next;
        }

        AssertFault("far more than the volume has", new HfsPlusImage(tree, new HfsPlusOptions()).ToArray());
    }

    [Fact]
    public void Refuses_folders_nested_without_end()
    {
        var tree = new ForgeTree();
        var folder = tree.Root;
        for (var level = 0; level < 1500; level++)
        {
            var next = new ForgeDirectory();
            folder.Children.Add("d", next);
            folder = next;
        }

        AssertFault("nested deeper", new HfsPlusImage(tree, new HfsPlusOptions()).ToArray());
    }

    [Fact]
    public void Refuses_a_file_larger_than_the_volume()
    {
        var tree = new ForgeTree();
        tree.AddFile("/file", "contents");
        var image = new HfsPlusImage(tree, new HfsPlusOptions());
        var bytes = image.ToArray();
        var file = Records(bytes, image).Single(record => bytes[record + 1] == 2);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(file + 88), long.MaxValue);
        var volume = HfsPlusVolume.Open(new MemoryByteSource(bytes));
        Assert.Throws<FirmwareFormatException>(() => volume.Open(volume.Find("/file")!));
    }

    private static HfsPlusImage Small(out ForgeTree tree)
    {
        (tree, var options) = HfsTreeSamples.Everything();
        ((ForgeDirectory)tree.Find("/usr/bin")!).Children.Remove("tool");
        ((ForgeDirectory)tree.Find("/compressed")!).Children.Remove("random-fork");
        return new HfsPlusImage(tree, options with { FreeBlocks = 0 });
    }

    /// <summary>Whether anything about the volume is refused as it should be; any other exception fails the test.</summary>
    private static bool IsRefused(byte[] bytes)
    {
        try
        {
            if (!HfsPlusVolume.TryOpen(new MemoryByteSource(bytes), new BlockCache(1 << 20), out var volume))
            {
                return true;
            }

            var refused = false;
            foreach (var entry in volume.Walk("/", Cancel))
            {
                refused |= IsRefused(volume, entry);
            }

            return refused;
        }
        catch (FirmwareFormatException)
        {
            return true;
        }
    }

    private static bool IsRefused(HfsPlusVolume volume, FileEntry entry)
    {
        try
        {
            var buffer = new byte[4096];
            if (entry.Kind == FileKind.File)
            {
                var source = volume.Open(entry);
                source.ReadUpTo(0, buffer);
                source.ReadUpTo(Math.Max(0, source.Length - buffer.Length), buffer);
            }

            foreach (var name in volume.ExtendedAttributes(entry).Keys)
            {
                volume.OpenExtendedAttribute(entry, name)?.ReadUpTo(0, buffer);
            }

            return false;
        }
        catch (FirmwareFormatException)
        {
            return true;
        }
    }

    private static void AssertFault(string reason, byte[] bytes)
    {
        var fault = Assert.Throws<FirmwareFormatException>(() => HfsPlusVolume.Open(new MemoryByteSource(bytes)).Walk("/", Cancel).Count());
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Where the data of the first leaves' file and folder records begins, threads left out.</summary>
    private static List<int> Records(byte[] bytes, HfsPlusImage image)
    {
        var found = new List<int>();
        var node = (int)image.CatalogOffset + NodeSize;
        for (var i = 0; i < BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(node + 10)); i++)
        {
            var record = node + BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(node + NodeSize - (2 * (i + 1))));
            var data = record + 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(record));
            if (bytes[data + 1] is 1 or 2)
            {
                found.Add(data);
            }
        }

        return found;
    }

    private static string Type(byte[] bytes, int record) => System.Text.Encoding.ASCII.GetString(bytes, record + 48, 4);
}
