using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;

namespace IpswDiff.Forge.Tests.Apfs;

public sealed class ApfsContainerTests : IDisposable
{
    // apfsck calls smaller containers unusual in its strictest mode.
    private const long UsualBlocks = 32768;

    private readonly ImageFiles _files = new();

    [Theory]
    [InlineData(ApfsNames.CaseInsensitive)]
    [InlineData(ApfsNames.CaseSensitive)]
    [InlineData(ApfsNames.Exact)]
    public void Checker_accepts_one_of_everything(ApfsNames names)
    {
        var volume = new ApfsVolume("Everything", TreeSamples.Everything()) { Names = names };
        AssertAccepted("-cuw", _files.Write(new ApfsContainer([volume], new ApfsOptions { MinimumBlocks = UsualBlocks })));
    }

    [Theory]
    [InlineData(ApfsNames.CaseInsensitive, "UPPER lower \u00C5\u00E9\u0160\u0130 \u0419\u0439 \uD55C\uAE00 \u30AC\u3071 \u65E5\u672C\u8A9E \uD83D\uDE00")]
    [InlineData(ApfsNames.CaseSensitive, "gr\u00F6\u00DFer, \u65E5\u672C\u8A9E \u017Ft \u0149")]
    public void Checker_agrees_with_the_hashes_of_names(ApfsNames names, string name)
    {
        var tree = new ForgeTree();
        foreach (var part in name.Split(' '))
        {
            tree.AddFile("/" + part, part);
        }

        tree.AddFile("/" + name, "all");
        AssertAccepted("-cw", _files.Write(new ApfsContainer([new ApfsVolume("Names", tree) { Names = names }])));
    }

    [Fact]
    public void Checker_accepts_deep_trees_and_fragmented_files()
    {
        var volume = new ApfsVolume("Deep", TreeSamples.Everything()) { FragmentBlocks = 3 };
        var image = _files.Write(new ApfsContainer([volume], new ApfsOptions { MaxRecordsPerNode = 3, MinimumBlocks = UsualBlocks }));
        AssertAccepted("-cuw", image);
        ImageFiles.AssertHolds(_files.Extract(image), volume.Tree);
    }

    [Theory]
    [InlineData(ApfsNames.CaseInsensitive)]
    [InlineData(ApfsNames.CaseSensitive)]
    [InlineData(ApfsNames.Exact)]
    public void Extractor_finds_every_byte(ApfsNames names)
    {
        var tree = TreeSamples.Everything();
        var image = _files.Write(new ApfsContainer([new ApfsVolume("Everything", tree) { Names = names }]));
        AssertAccepted("-cw", image);
        ImageFiles.AssertHolds(_files.Extract(image), tree);
    }

    [Fact]
    public void Extractor_decompresses_compressed_files()
    {
        var tree = TreeSamples.Compressed();
        ImageFiles.AssertHolds(_files.Extract(_files.Write(new ApfsContainer([new ApfsVolume("Compressed", tree)]))), tree);
    }

    [Fact]
    public void Checker_accepts_files_compressed_in_their_attribute()
    {
        // apfsck reads the big-endian header of a resource fork as little-endian, so forks are left to the extractor.
        var tree = new ForgeTree();
        foreach (var (path, node) in TreeSamples.Compressed().Walk().Where(entry => entry.Path.Contains("attribute", StringComparison.Ordinal)))
        {
            tree.Add(path, node);
        }

        AssertAccepted("-cw", _files.Write(new ApfsContainer([new ApfsVolume("Compressed", tree)])));
    }

    [Fact]
    public void One_directory_holds_tens_of_thousands_of_files()
    {
        var tree = new ForgeTree();
        for (var i = 0; i < 30_000; i++)
        {
            tree.AddFile($"/many/file number {i}", i % 1000 == 0 ? ForgeContent.FromText($"{i}") : ForgeContent.Empty);
        }

        var image = _files.Write(new ApfsContainer([new ApfsVolume("Many", tree)]));
        AssertAccepted("-cw", image);
        ImageFiles.AssertHolds(_files.Extract(image), tree);
    }

    [Fact]
    public void Checker_accepts_special_files()
    {
        var tree = new ForgeTree();
        tree.AddSpecial("/dev/null", ForgeSpecialKind.CharacterDevice, 0x03000002);
        tree.AddSpecial("/dev/disk0", ForgeSpecialKind.BlockDevice, 0x01000000);
        tree.AddSpecial("/fifo", ForgeSpecialKind.Fifo);
        tree.AddSpecial("/socket", ForgeSpecialKind.Socket);
        AssertAccepted("-cuw", _files.Write(new ApfsContainer([new ApfsVolume("Special", tree)], new ApfsOptions { MinimumBlocks = UsualBlocks })));
    }

    [Fact]
    public void Several_volumes_keep_their_roles_and_files()
    {
        var (system, data) = (new ForgeTree(), new ForgeTree());
        system.AddFile("/System/file", "system");
        data.AddFile("/Users/file", ForgeContent.Random(1, 100_000));
        var image = _files.Write(new ApfsContainer(
        [
            new ApfsVolume("System", system) { Role = ApfsRole.System },
            new ApfsVolume("Data", data) { Role = ApfsRole.Data, Names = ApfsNames.CaseInsensitive },
            new ApfsVolume("Preboot", new ForgeTree()) { Role = ApfsRole.Preboot },
        ]));
        AssertAccepted("-cuw", image);
        var extracted = _files.Extract(image);
        ImageFiles.AssertHolds(Path.Combine(extracted, "Volume1"), system);
        ImageFiles.AssertHolds(Path.Combine(extracted, "Volume2"), data);

        var info = Witness.Run(Witnesses.ApfsInfo.Required(), image);
        Assert.Contains("Number of volumes\t\t: 3", info.Output, StringComparison.Ordinal);
        Assert.Contains(": Preboot", info.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Newest_intact_checkpoint_wins(bool staleBlockZero)
    {
        var tree = TreeSamples.Everything();
        var options = new ApfsOptions { StaleCheckpoints = 2, CorruptNewerCheckpoint = true, StaleBlockZero = staleBlockZero };
        var image = _files.Write(new ApfsContainer([new ApfsVolume("Newest", tree)], options));
        AssertAccepted(staleBlockZero ? "-w" : "-cw", image);

        // 7zz believes block zero.
        ImageFiles.AssertHolds(_files.Extract(image), staleBlockZero ? new ForgeTree() : tree);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(4)]
    public void Sealed_volumes_are_trees_of_hashes(int maxRecordsPerNode)
    {
        // 7zz checks the hashes, but of what it reads in place of holes.
        var tree = TreeSamples.Everything(withHoles: false);
        tree.AddFile("/compressed", ForgeContent.FromText(new string('c', 5_000)), ForgeCompression.ZlibAttribute);
        var options = new ApfsOptions { MaxRecordsPerNode = maxRecordsPerNode };
        var image = _files.Write(new ApfsContainer([new ApfsVolume("Sealed", tree) { Sealed = true, Role = ApfsRole.System }], options));
        AssertAccepted("-cw", image);
        ImageFiles.AssertHolds(_files.Extract(image), tree);
    }

    [Fact]
    public void Checker_accepts_a_sealed_volume_with_holes()
        => AssertAccepted("-cw", _files.Write(new ApfsContainer([new ApfsVolume("Sealed", TreeSamples.Everything()) { Sealed = true }])));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Checker_accepts_snapshots(bool isSealed)
    {
        var (oldest, older, newest) = (new ForgeTree(), new ForgeTree(), TreeSamples.Everything(withHoles: false));
        oldest.AddFile("/usr/lib/dyld", ForgeContent.Random(1, 10_000));
        older.AddFile("/usr/lib/dyld", ForgeContent.Random(2, 20_000));
        older.AddFile("/usr/lib/gone", "gone");
        var volume = new ApfsVolume("Snapshots", newest) { Snapshots = [new("oldest", oldest), new("older", older)], Sealed = isSealed };
        var image = _files.Write(new ApfsContainer([volume], new ApfsOptions { MinimumBlocks = UsualBlocks, MaxRecordsPerNode = 5 }));

        // 7zz opens no object map that has several versions of one object, as a snapshot's root node makes.
        AssertAccepted("-cuw", image);
    }

    [Fact]
    public void Large_volumes_are_never_held()
    {
        var tree = new ForgeTree();
        for (var i = 0; i < 1_000; i++)
        {
            tree.AddFile($"/usr/lib/lib{i}.dylib", ForgeContent.Random((ulong)i, 300_000));
        }

        // What is allocated in all bounds what is ever held; the volume is ten times as large.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var container = new ApfsContainer([new ApfsVolume("Large", tree)]);
        container.WriteTo(new StreamSink(Stream.Null));
        Assert.InRange(container.Length, 300_000_000, long.MaxValue);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000_000);
    }

    [Fact]
    public void Same_tree_makes_the_same_bytes()
    {
        static byte[] Make()
        {
            using var stream = new MemoryStream();
            new ApfsContainer([new ApfsVolume("Same", TreeSamples.Everything())]).WriteTo(new StreamSink(stream));
            return stream.ToArray();
        }

        Assert.Equal(Make(), Make());
    }

    public void Dispose() => _files.Dispose();

    private static void AssertAccepted(string strictness, string image)
    {
        var result = Witness.Run(Witnesses.ApfsCheck.Required(), strictness, image);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Empty(result.Output);
    }
}
