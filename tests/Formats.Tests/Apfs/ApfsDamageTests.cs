using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.FileTree;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using Forged = IpswDiff.Forge.Apfs;

namespace IpswDiff.Formats.Tests.Apfs;

public sealed class ApfsDamageTests
{
    private const uint FsTree = 0x0E;
    private const uint OmapTree = 0x0B;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Damaged_blocks_give_a_format_fault_or_an_answer(bool isSealed)
    {
        var forged = new Forged.ApfsVolume("Forged", ForgedContainer.Everything()) { Sealed = isSealed, Snapshots = [new("before", new ForgeTree())] };
        var good = ForgedContainer.Write([forged], new Forged.ApfsOptions { MaxRecordsPerNode = 6 });
        var structures = Enumerable.Range(0, good.Length / ForgedBlocks.BlockSize)
            .Where(block => IsStructure(good.AsSpan(block * ForgedBlocks.BlockSize, ForgedBlocks.BlockSize)))
            .ToList();
        var random = new ForgeRandom(11);
        var bad = (byte[])good.Clone();
        var faults = 0;
        for (var i = 0; i < 2000; i++)
        {
            for (var places = 1 + random.Next(3); places > 0; places--)
            {
                ForgedBlocks.Patch(bad, structures[random.Next(structures.Count)], block => Damage(block, random));
            }

            faults += Survives(bad) ? 0 : 1;
            foreach (var block in structures)
            {
                good.AsSpan(block * ForgedBlocks.BlockSize, ForgedBlocks.BlockSize).CopyTo(bad.AsSpan(block * ForgedBlocks.BlockSize));
            }
        }

        Assert.InRange(faults, 200, 1999);
    }

    [Fact]
    public void Images_cut_short_give_a_format_fault_or_an_answer()
    {
        var good = ForgedContainer.Write(ForgedContainer.Everything());
        Assert.All(Mutator.Truncate(good, 200), bad => Survives(bad));
        Assert.False(Survives(good[..(good.Length / 8)]));
    }

    [Fact]
    public void Without_new_checksums_every_flipped_bit_of_a_node_is_found_by_verification()
    {
        var good = ForgedContainer.Write(ForgedContainer.Everything(), options: new Forged.ApfsOptions { MaxRecordsPerNode = 6 });
        var nodes = ForgedBlocks.Nodes(good, FsTree).ToList();
        Assert.True(nodes.Count > 10);
        var random = new ForgeRandom(3);
        foreach (var (block, _) in nodes)
        {
            var bad = (byte[])good.Clone();
            bad[(block * ForgedBlocks.BlockSize) + random.Next(ForgedBlocks.BlockSize)] ^= 0x10;
            Assert.Throws<FirmwareFormatException>(() => ForgedContainer.Open(bad).Verify(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void A_node_that_is_its_own_child_is_refused()
    {
        var container = ForgedContainer.Write(ForgedContainer.Everything(), options: new Forged.ApfsOptions { MaxRecordsPerNode = 4 });
        foreach (var (block, level) in ForgedBlocks.Nodes(container, FsTree).Where(n => n.Level > 0).ToList())
        {
            var bad = (byte[])container.Clone();
            ForgedBlocks.Patch(bad, block, bytes =>
            {
                var isRoot = (bytes[32] & 1) != 0;
                var lastValue = ForgedBlocks.BlockSize - (isRoot ? 40 : 0) - 8;
                bytes.AsSpan(8, 8).CopyTo(bytes.AsSpan(lastValue));
            });
            var fault = Assert.Throws<FirmwareFormatException>(() => WalkAll(ForgedContainer.Open(bad)));
            Assert.True(fault.Offset >= 0, $"level {level}: {fault.Message}");
        }
    }

    [Fact]
    public void A_node_that_is_two_children_of_one_parent_does_not_run_in_a_circle()
    {
        // All children of the root become the first one: leaves then repeat, and their keys go backwards.
        var container = ForgedContainer.Write(ForgedContainer.Everything(), options: new Forged.ApfsOptions { MaxRecordsPerNode = 8 });
        var (root, _) = ForgedBlocks.Nodes(container, FsTree).MaxBy(n => n.Level);
        ForgedBlocks.Patch(container, root, bytes =>
        {
            var count = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(36));
            var first = bytes.AsSpan(ForgedBlocks.BlockSize - 40 - 8, 8).ToArray();
            for (var i = 0; i < count; i++)
            {
                first.CopyTo(bytes, ForgedBlocks.BlockSize - 40 - (8 * (i + 1)));
            }
        });
        Assert.Throws<FirmwareFormatException>(() => ForgedContainer.Open(container).Verify(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_directory_that_is_in_itself_is_refused()
    {
        var tree = new ForgeTree();
        tree.AddDirectory("/outer/inner");
        var container = ForgedContainer.Write(tree);
        var outer = ForgedContainer.Open(container).Find("/outer")!.FileId;
        var inner = ForgedContainer.Open(container).Find("/outer/inner")!.FileId;
        var (leaf, _) = ForgedBlocks.Nodes(container, FsTree).Single();

        // The record of "inner" leads to "outer".
        ForgedBlocks.Patch(container, leaf, bytes =>
        {
            var found = 0;
            for (var i = 0; i + 18 <= bytes.Length; i++)
            {
                if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i)) == inner && BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i + 16)) == 4)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i), outer);
                    found++;
                }
            }

            Assert.Equal(1, found);
        });
        var fault = Assert.Throws<FirmwareFormatException>(() => WalkAll(ForgedContainer.Open(container)));
        Assert.Contains("/outer/inner", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Directories_deeper_than_any_path_are_refused()
    {
        var tree = new ForgeTree();
        tree.AddDirectory(string.Concat(Enumerable.Repeat("/d", 1100)));
        var volume = ForgedContainer.Open(ForgedContainer.Write(tree));
        Assert.Throws<FirmwareFormatException>(() => WalkAll(volume));
    }

    [Theory]
    [InlineData(0x7FFFFFFFUL)]
    [InlineData(0xFFFFFFFFFFFFFFFFUL)]
    public void An_extent_outside_the_container_is_refused(ulong block)
    {
        var tree = new ForgeTree();
        tree.AddFile("/file", ForgeContent.Random(1, 5000));
        var container = ForgedContainer.Write(tree);
        var volume = ForgedContainer.Open(container);
        var place = (ulong)(volume.Find("/file")!.PhysicalOffset / ForgedBlocks.BlockSize);
        var (leaf, _) = ForgedBlocks.Nodes(container, FsTree).Single();
        ForgedBlocks.Patch(container, leaf, bytes =>
        {
            for (var i = 0; i + 16 <= bytes.Length; i++)
            {
                if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i)) == 8192 && BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i + 8)) == place)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i + 8), block);
                }
            }
        });
        Assert.Throws<FirmwareFormatException>(() => WalkAll(ForgedContainer.Open(container)));
    }

    [Fact]
    public void An_object_map_without_an_entry_is_reported_with_the_object()
    {
        var container = ForgedContainer.Write(ForgedContainer.Everything(), options: new Forged.ApfsOptions { MaxRecordsPerNode = 8 });
        foreach (var (block, _) in ForgedBlocks.Nodes(container, OmapTree).Where(n => n.Level == 0).ToList())
        {
            ForgedBlocks.Patch(container, block, bytes => bytes.AsSpan(56, 64).Clear());
        }

        var fault = Assert.Throws<FirmwareFormatException>(() => WalkAll(ForgedContainer.Open(container)));
        Assert.NotEmpty(fault.Reason);
    }

    private static bool IsStructure(ReadOnlySpan<byte> block) =>
        (block[..32].IndexOfAnyExcept((byte)0) < 0 && (block[32] & 0x18) == 0x18) || Fletcher64.IsValid(block) && (BinaryPrimitives.ReadUInt32LittleEndian(block[24..]) & 0xFFFF) is 1 or 2 or 3 or 0x0B or 0x0D;

    private static void Damage(byte[] block, ForgeRandom random)
    {
        // The header, the table of contents and the footer are where most of the structure is.
        var place = random.Next(4) switch
        {
            0 => 16 + random.Next(48),
            1 => 56 + random.Next(200),
            2 => block.Length - 1 - random.Next(200),
            _ => random.Next(block.Length),
        };
        block[place] = random.Next(2) == 0 ? (byte)(block[place] ^ (1 << random.Next(8))) : (byte)random.Next(256);
    }

    private static bool Survives(byte[] container)
    {
        try
        {
            foreach (var volume in ApfsContainer.Open(new MemoryByteSource(container)).Volumes)
            {
                Assert.InRange(volume.Snapshots.Count, 0, int.MaxValue);
                WalkAll(volume);
            }

            return true;
        }
        catch (FirmwareFormatException fault)
        {
            Assert.NotEmpty(fault.Reason);
            return false;
        }
    }

    /// <summary>Walks, opens and reads everything, as far as anyone would.</summary>
    private static void WalkAll(ApfsVolume volume)
    {
        var buffer = new byte[8192];
        foreach (var entry in volume.Walk(cancellationToken: TestContext.Current.CancellationToken))
        {
            foreach (var (name, _) in volume.ExtendedAttributes(entry))
            {
                volume.OpenExtendedAttribute(entry, name)!.ReadUpTo(0, buffer);
            }

            if (entry.Kind == FileKind.File)
            {
                var contents = volume.Open(entry);
                contents.ReadUpTo(0, buffer);
                contents.ReadUpTo(Math.Max(0, contents.Length - buffer.Length), buffer);
            }
        }
    }
}
