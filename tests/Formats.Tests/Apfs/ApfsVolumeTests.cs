using IpswDiff.Forge.FileTree;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using Forged = IpswDiff.Forge.Apfs;

namespace IpswDiff.Formats.Tests.Apfs;

public sealed class ApfsVolumeTests
{
    [Theory]
    [InlineData(Forged.ApfsNames.CaseInsensitive, int.MaxValue, 0)]
    [InlineData(Forged.ApfsNames.CaseSensitive, 2, 0)]
    [InlineData(Forged.ApfsNames.CaseSensitive, int.MaxValue, 3)]
    [InlineData(Forged.ApfsNames.Exact, 3, 1)]
    public void Reads_everything_that_was_written(Forged.ApfsNames names, int recordsPerNode, int fragmentBlocks)
    {
        var tree = ForgedContainer.Everything();
        var container = ForgedContainer.Write(tree, names, new Forged.ApfsOptions { MaxRecordsPerNode = recordsPerNode }, fragmentBlocks);
        var volume = ForgedContainer.Open(container, verify: true);
        Assert.Equal(names != Forged.ApfsNames.CaseInsensitive, volume.CaseSensitive);
        VolumeTruth.AssertHolds(volume, tree);
        volume.Container.Verify(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(int.MaxValue, 0)]
    [InlineData(3, 2)]
    public void Reads_sealed_volumes_with_the_hashes_of_their_contents(int recordsPerNode, int fragmentBlocks)
    {
        var tree = ForgedContainer.Everything();
        tree.AddFile("/twin-of-big.bin", ForgeContent.Random(7, 300_001));
        tree.AddFile("/almost-big.bin", ForgeContent.Random(8, 300_001));
        tree.AddFile("/huge.bin", ForgeContent.Random(9, 1_500_000));
        tree.AddFile("/twin-of-huge.bin", ForgeContent.Random(9, 1_500_000), ForgeCompression.LzfseResourceFork);
        var forged = new Forged.ApfsVolume("Forged", tree) { Sealed = true, FragmentBlocks = fragmentBlocks };
        var volume = ForgedContainer.Open(ForgedContainer.Write([forged], new Forged.ApfsOptions { MaxRecordsPerNode = recordsPerNode }), verify: true);
        Assert.True(volume.Sealed);
        VolumeTruth.AssertHolds(volume, tree);
        volume.Verify(TestContext.Current.CancellationToken);

        string Hash(string path) => volume.Find(path)!.ContentHash!;
        var expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData((byte[])[.. "alpha"u8, .. new byte[4091]]));
        Assert.Equal("apfs-sha256:5:" + expected, Hash("/a.txt"));
        Assert.Equal(Hash("/big.bin"), Hash("/twin-of-big.bin"));
        Assert.NotEqual(Hash("/big.bin"), Hash("/almost-big.bin"));
        Assert.Equal(Hash("/huge.bin"), Hash("/twin-of-huge.bin"));
        Assert.Equal(Hash("/compressed/ZlibResourceFork"), Hash("/compressed/LzvnResourceFork"));
    }

    [Fact]
    public void A_changed_byte_anywhere_in_a_sealed_tree_breaks_the_seal()
    {
        var good = ForgedContainer.Write(
            [new Forged.ApfsVolume("Forged", ForgedContainer.Everything()) { Sealed = true }], new Forged.ApfsOptions { MaxRecordsPerNode = 8 });
        ForgedContainer.Open(good).Verify(TestContext.Current.CancellationToken);
        var nodes = Enumerable.Range(0, good.Length / ForgedBlocks.BlockSize)
            .Where(block => good.AsSpan(block * ForgedBlocks.BlockSize, 32).IndexOfAnyExcept((byte)0) < 0 && (good[(block * ForgedBlocks.BlockSize) + 32] & 0x18) == 0x18)
            .ToList();
        Assert.True(nodes.Count > 10);
        foreach (var node in nodes)
        {
            var bad = (byte[])good.Clone();
            bad[(node * ForgedBlocks.BlockSize) + 2000] ^= 1;
            var fault = Assert.Throws<FirmwareFormatException>(() => ForgedContainer.Open(bad).Verify(TestContext.Current.CancellationToken));
            Assert.Contains("seal", fault.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_the_live_tree_and_each_snapshot(bool isSealed)
    {
        var (first, second, now) = (new ForgeTree(), new ForgeTree(), new ForgeTree());
        first.AddFile("/file", "first");
        second.AddFile("/file", "the second state");
        second.AddFile("/more", ForgeContent.Random(1, 10_000));
        now.AddFile("/file", "now");
        now.AddDirectory("/new");
        var volume = ForgedContainer.Open(ForgedContainer.Write(
            [new Forged.ApfsVolume("Forged", now) { Sealed = isSealed, Snapshots = [new("one", first), new("two", second)] }]));
        Assert.Equal(["one", "two"], volume.Snapshots.Select(s => s.Name));
        Assert.Null(volume.Snapshot);
        VolumeTruth.AssertHolds(volume, now);
        VolumeTruth.AssertHolds(volume.At(volume.Snapshots[0]), first);
        VolumeTruth.AssertHolds(volume.At(volume.Snapshots[1]), second);
        volume.At(volume.Snapshots[1]).Verify(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Reads_the_snapshot_that_the_volume_says_to_root_from()
    {
        const int RootToTransaction = 968;
        var (before, now) = (new ForgeTree(), new ForgeTree());
        before.AddFile("/file", "before");
        now.AddFile("/file", "now");
        var container = ForgedContainer.Write([new Forged.ApfsVolume("Forged", now) { Snapshots = [new("root", before)] }]);
        var transaction = ForgedContainer.Open(container).Snapshots[0].Transaction;
        foreach (var block in Enumerable.Range(0, container.Length / ForgedBlocks.BlockSize).Where(b => ForgedBlocks.IsVolume(container, b)))
        {
            ForgedBlocks.Patch(container, block, bytes => System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(RootToTransaction), transaction));
        }

        var volume = ForgedContainer.Open(container);
        Assert.Equal("root", volume.Snapshot!.Name);
        VolumeTruth.AssertHolds(volume, before);
    }

    [Fact]
    public void Lists_volumes_with_their_roles_in_order()
    {
        var volumes = ApfsContainer.Open(new MemoryByteSource(ForgedContainer.Write(
        [
            new Forged.ApfsVolume("System", new ForgeTree()) { Role = Forged.ApfsRole.System },
            new Forged.ApfsVolume("Preboot", new ForgeTree()) { Role = Forged.ApfsRole.Preboot },
            new Forged.ApfsVolume("Data", new ForgeTree()) { Role = Forged.ApfsRole.Data },
        ]))).Volumes;
        Assert.Equal(
            [("System", ApfsVolumeRole.System), ("Preboot", ApfsVolumeRole.Preboot), ("Data", ApfsVolumeRole.Data)],
            volumes.Select(v => (v.Name, v.Role)));
    }

    [Fact]
    public void Reads_the_newest_valid_checkpoint()
    {
        var tree = new ForgeTree();
        tree.AddFile("/now", "newest");
        var options = new Forged.ApfsOptions { StaleCheckpoints = 3, StaleBlockZero = true, CorruptNewerCheckpoint = true };
        var volume = ForgedContainer.Open(ForgedContainer.Write(tree, options: options));
        Assert.Equal("Forged", volume.Name);
        VolumeTruth.AssertHolds(volume, tree);
    }

    [Fact]
    public void Reads_a_folder_with_tens_of_thousands_of_names()
    {
        var tree = new ForgeTree();
        for (var i = 0; i < 30_000; i++)
        {
            tree.AddFile($"/many/file-{i * 7919 % 30_000:d5}", []);
        }

        var volume = ForgedContainer.Open(ForgedContainer.Write(tree));
        Assert.Equal(tree.Walk().Select(t => t.Path), volume.Walk(cancellationToken: TestContext.Current.CancellationToken).Select(e => e.Path));
        Assert.Equal("/many/file-12345", volume.Find("/many/file-12345")!.Path);
        Assert.Null(volume.Find("/many/file-30000"));
    }

    [Fact]
    public void A_walk_from_a_path_gives_that_part_only()
    {
        var volume = ForgedContainer.Open(ForgedContainer.Write(ForgedContainer.Everything()));
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(["/dir/sub", "/dir/sub/deep", "/dir/sub/deep/leaf"], volume.Walk("/dir/sub", cancellation).Select(e => e.Path));
        Assert.Equal(["/a.txt"], volume.Walk("/a.txt", cancellation).Select(e => e.Path));
        Assert.Empty(volume.Walk("/nothing/there", cancellation));
    }

    [Fact]
    public void A_range_gives_the_same_entries_as_the_whole_walk_cut()
    {
        var volume = ForgedContainer.Open(ForgedContainer.Write(ForgedContainer.Everything()));
        var cancellation = TestContext.Current.CancellationToken;
        var whole = volume.Walk(cancellationToken: cancellation).ToList();
        string[] marks = [.. whole.Select(e => e.Path), "/dir/s", "/dir/sub/deep/zzz", "/zzz", "/dir/sub0", "/A"];
        foreach (var first in marks)
        {
            foreach (var end in (string?[])[.. marks, null])
            {
                var expected = whole.Where(e => PathOrder.Compare(e.Path, first) >= 0 && (end is null || PathOrder.Compare(e.Path, end) < 0));
                Assert.Equal(expected, volume.WalkRange(first, end, cancellation));
            }
        }
    }

    [Fact]
    public void Directories_outside_a_range_are_not_read()
    {
        var tree = new ForgeTree();
        for (var i = 0; i < 200; i++)
        {
            for (var j = 0; j < 50; j++)
            {
                tree.AddFile($"/d{i:d3}/f{j:d2}", []);
            }
        }

        var source = new CountingSource(ForgedContainer.Write(tree));
        var volume = Assert.Single(ApfsContainer.Open(source).Volumes);
        Assert.NotNull(volume.Find("/"));
        var before = source.Reads;
        Assert.Equal(51, volume.WalkRange("/d100", "/d101", TestContext.Current.CancellationToken).Count());
        var part = source.Reads - before;
        Assert.Equal(10_201, volume.Walk(cancellationToken: TestContext.Current.CancellationToken).Count());
        Assert.True(part * 10 < source.Reads - before, $"{part} blocks for a range, {source.Reads - before} for all");
    }

    [Theory]
    [InlineData(Forged.ApfsNames.CaseInsensitive, "/DIR/Sub", "/dir/sub")]
    [InlineData(Forged.ApfsNames.CaseSensitive, "/DIR/Sub", null)]
    [InlineData(Forged.ApfsNames.Exact, "/DIR/Sub", null)]
    [InlineData(Forged.ApfsNames.CaseInsensitive, "/u\u0308BERMUT/E\u0301", "/Übermut/é")]
    [InlineData(Forged.ApfsNames.CaseSensitive, "/U\u0308bermut/e\u0301", "/Übermut/é")]
    [InlineData(Forged.ApfsNames.Exact, "/U\u0308bermut/e\u0301", null)]
    [InlineData(Forged.ApfsNames.CaseSensitive, "//dir//sub/", "/dir/sub")]
    [InlineData(Forged.ApfsNames.CaseSensitive, "dir/sub", null)]
    [InlineData(Forged.ApfsNames.CaseSensitive, "/a.txt/below-a-file", null)]
    public void Finds_names_as_the_volume_compares_them(Forged.ApfsNames names, string path, string? found)
    {
        var volume = ForgedContainer.Open(ForgedContainer.Write(ForgedContainer.Everything(), names));
        Assert.Equal(found, volume.Find(path)?.Path);
    }

    [Fact]
    public void Finding_a_name_in_a_large_folder_reads_few_blocks()
    {
        var tree = new ForgeTree();
        for (var i = 0; i < 20_000; i++)
        {
            tree.AddFile($"/many/file-{i:d5}", []);
        }

        var source = new CountingSource(ForgedContainer.Write(tree));
        var volume = Assert.Single(ApfsContainer.Open(source).Volumes);
        Assert.NotNull(volume.Find("/"));
        var before = source.Reads;
        Assert.NotNull(volume.Find("/many/file-17171"));
        Assert.InRange(source.Reads - before, 1, 30);
    }

    [Fact]
    public void Opening_what_is_no_file_is_refused()
    {
        var volume = ForgedContainer.Open(ForgedContainer.Write(ForgedContainer.Everything()));
        Assert.Throws<FirmwareFormatException>(() => volume.Open(volume.Find("/dir")!));
        Assert.Throws<FirmwareFormatException>(() => volume.Open(volume.Find("/a.txt")! with { FileId = 99_999 }));
    }

    [Fact]
    public void A_volume_that_is_not_marked_unencrypted_is_listed_but_refused()
    {
        const int FlagsOffset = 264;
        var container = ForgedContainer.Write(ForgedContainer.Everything());
        ForgedBlocks.Patch(container, ForgedBlocks.Find(container, "APSB"u8), block => block[FlagsOffset] = 0);
        var volume = ForgedContainer.Open(container);
        Assert.True(volume.IsEncrypted);
        var fault = Assert.Throws<FirmwareFormatException>(() => volume.Find("/"));
        Assert.Contains("encrypted", fault.Reason, StringComparison.Ordinal);
    }

    private sealed class CountingSource(byte[] bytes) : ByteSource
    {
        internal int Reads { get; private set; }

        public override long Length => bytes.Length;

        protected override void ReadCore(long offset, Span<byte> destination)
        {
            Reads++;
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }
    }
}
