using System.Security.Cryptography;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Tests.Workflow;
using IpswDiff.Diffing.Unpacked;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using Forged = IpswDiff.Forge.Apfs;

namespace IpswDiff.Diffing.Tests.Unpacking;

/// <summary>A forged volume, unpacked range by range, against the volume itself.</summary>
public sealed class UnpackedVolumeTests : IDisposable
{
    private const int LargeBytes = RangeUnpacker.LargeFile + 12_345;
    private static readonly UnpackedPart Part = new("volume-0");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ipswdiff-unpack-");
    private readonly FolderArtifactStore _store;
    private readonly ApfsVolume _volume;

    public UnpackedVolumeTests()
    {
        _store = new FolderArtifactStore(_folder.FullName);
        using var stream = new MemoryStream();
        new Forged.ApfsContainer([new Forged.ApfsVolume("Forged", Tree()) { Sealed = true }]).WriteTo(new StreamSink(stream));
        _volume = Assert.Single(ApfsContainer.Open(new MemoryByteSource(stream.ToArray())).Volumes);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(int.MaxValue)]
    public async Task Holds_what_the_volume_holds_however_it_was_cut(int itemsPerRange)
    {
        var ranges = Ranges(itemsPerRange);
        foreach (var (number, range) in ranges.Index().Reverse())
        {
            Assert.True(await new RangeUnpacker(_store, Part, number).UnpackAsync(new VolumeTree(_volume), range.First, range.End, Token));
        }

        await VolumeSeal.CloseAsync(_store, Part, ranges.Length, new VolumeTree(_volume), Token);
        using var unpacked = UnpackedVolume.Open(_store, Part);
        Assert.Equal(
            (_volume.Name, _volume.FileSystem, _volume.CaseSensitive, _volume.Sealed), (unpacked.Name, unpacked.FileSystem, unpacked.CaseSensitive, unpacked.Sealed));
        foreach (var from in (string[])["/", "/many", "/many/0042", "/dir", "/nowhere"])
        {
            Assert.Equal(_volume.Walk(from, Token).Select(Plain), unpacked.Walk(from, Token).Select(Plain));
        }

        Assert.Equal(_volume.WalkRange("/dir/a", "/many/0100", Token).Select(Plain), unpacked.WalkRange("/dir/a", "/many/0100", Token).Select(Plain));
        foreach (var entry in unpacked.Walk(cancellationToken: Token))
        {
            Assert.Equal(entry, unpacked.Find(entry.Path));
            if (entry.Kind == FileKind.File)
            {
                var truth = Hash(_volume.Open(_volume.Find(entry.Path)!));
                Assert.Equal(truth, Hash(unpacked.Open(entry)));
                Assert.Equal(truth, DigestText(entry.Digest!.Value));
            }
            else
            {
                Assert.Throws<FirmwareFormatException>(() => unpacked.Open(entry));
            }
        }
    }

    [Theory]
    [InlineData(1L << 39)]
    [InlineData(1L << 60)]
    public async Task Holes_without_end_are_not_unpacked(long length)
    {
        var tree = new ForgeTree();
        tree.AddFile("/giant", ForgeContent.Sparse(length, (0, [1])));
        using var stream = new MemoryStream();
        new Forged.ApfsContainer([new Forged.ApfsVolume("Forged", tree)]).WriteTo(new StreamSink(stream));
        var volume = Assert.Single(ApfsContainer.Open(new MemoryByteSource(stream.ToArray())).Volumes);
        await Assert.ThrowsAsync<FirmwareFormatException>(() =>
            new RangeUnpacker(_store, Part, 0).UnpackAsync(new VolumeTree(volume), "/", null, Token));
        Assert.Empty(Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Keeps_equal_contents_once()
    {
        await UnpackAllAsync(_store, Ranges(int.MaxValue));
        var truth = _volume.Walk(cancellationToken: Token).Where(entry => entry is { Kind: FileKind.File, Size: > 0 })
            .Select(entry => (Hash(_volume.Open(entry)), entry.Size)).Distinct().Sum(content => content.Size);
        Assert.Equal(truth, Directory.EnumerateFiles(Path.Combine(_folder.FullName, "volume-0", "contents")).Sum(file => new FileInfo(file).Length));
    }

    [Fact]
    public async Task A_range_that_two_attempts_unpack_has_one_set_of_contents()
    {
        var range = Ranges(int.MaxValue).Single();
        var attempts = await Task.WhenAll(Enumerable.Range(0, 3).Select(
            _ => Task.Run(() => new RangeUnpacker(_store, Part, 0).UnpackAsync(new VolumeTree(_volume), range.First, range.End, Token), Token)));
        Assert.Single(attempts, won => won);
        var kept = await VolumeSeal.CloseAsync(_store, Part, 1, new VolumeTree(_volume), Token);
        Assert.Equal(kept.Extents.Select(extent => extent.Name).Order(StringComparer.Ordinal), await NamesAsync(Part.Contents));
    }

    [Fact]
    public async Task What_attempts_left_that_were_cut_off_is_swept()
    {
        var range = Ranges(int.MaxValue).Single();
        for (var cut = 1; cut <= 5; cut++)
        {
            var left = cut;
            var broken = new FaultyStore(_store, (_, isAfter) => isAfter && Interlocked.Decrement(ref left) == 0);
            await Assert.ThrowsAsync<IOException>(() => new RangeUnpacker(broken, Part, 0).UnpackAsync(new VolumeTree(_volume), range.First, range.End, Token));
        }

        await UnpackAllAsync(_store, [range]);
        using var unpacked = UnpackedVolume.Open(_store, Part);
        Assert.Equal(_volume.Walk(cancellationToken: Token).Select(Plain), unpacked.Walk(cancellationToken: Token).Select(Plain));
        var names = await NamesAsync(Part.Key + "/");
        // One pack, two large files, the index and the record.
        Assert.Equal(5, names.Length);
    }

    [Fact]
    public async Task Contents_are_found_again_after_more_blobs_were_read_than_may_be_open()
    {
        await UnpackAllAsync(_store, Ranges(3));
        using var unpacked = UnpackedVolume.Open(_store, Part);
        var files = unpacked.Walk(cancellationToken: Token).Where(entry => entry.Kind == FileKind.File).ToArray();
        var opened = files.Select(file => (file, Source: unpacked.Open(file))).ToArray();
        Assert.True((await NamesAsync(Part.Contents)).Length > 70);
        Parallel.ForEach(Enumerable.Range(0, 4).SelectMany(_ => opened), one => Assert.Equal(DigestText(one.file.Digest!.Value), Hash(one.Source)));
    }

    [Fact]
    public async Task Contents_that_have_gone_are_missed_as_storage_and_not_as_damage()
    {
        await UnpackAllAsync(_store, Ranges(int.MaxValue));
        using var unpacked = UnpackedVolume.Open(_store, Part);
        await _store.DeleteAllAsync(Part.Contents, Token);
        var fault = Assert.Throws<IOException>(() => unpacked.Open(unpacked.Find("/a.txt")!).ReadBytes(0, 1));
        Assert.Contains("start the run again", fault.Message, StringComparison.Ordinal);
    }

    private async Task UnpackAllAsync(IArtifactStore store, PathRange[] ranges)
    {
        foreach (var (number, range) in ranges.Index())
        {
            await new RangeUnpacker(store, Part, number).UnpackAsync(new VolumeTree(_volume), range.First, range.End, Token);
        }

        await VolumeSeal.CloseAsync(store, Part, ranges.Length, new VolumeTree(_volume), Token);
    }

    private PathRange[] Ranges(int items) =>
        [.. PathRanges.Cut(_volume.Walk(cancellationToken: Token).Select(entry => (entry.Path, entry.Size)), "/", long.MaxValue, items)];

    private async Task<string[]> NamesAsync(string prefix) => await _store.ListAsync(prefix, Token).ToArrayAsync(Token);

    private static FileEntry Plain(FileEntry entry) => entry with { PhysicalOffset = 0, Digest = null };

    private static string Hash(ByteSource source)
    {
        using var stream = new ByteSourceStream(source);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static string DigestText(ContentDigest digest)
    {
        Span<byte> bytes = stackalloc byte[ContentDigest.Length];
        digest.Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static ForgeTree Tree()
    {
        var tree = new ForgeTree();
        tree.AddFile("/a.txt", "alpha");
        tree.AddFile("/empty", []);
        tree.AddHardLink("/dir/second-name", "/a.txt");
        tree.AddSymlink("/link", "dir/sub");
        tree.AddFile("/dir.d/after", "sorts after what is in /dir");
        tree.AddFile("/dir/a", "b").Mode = 0b101_000_000;
        tree.AddFile("/packed", ForgeContent.FromBytes(new byte[200_000]), ForgeCompression.ZlibResourceFork);
        tree.AddFile("/large", ForgeContent.Random(1, LargeBytes));
        tree.AddFile("/large-twin", ForgeContent.Random(1, LargeBytes));
        tree.AddFile("/large-other", ForgeContent.Random(2, LargeBytes));
        for (var i = 0; i < 300; i++)
        {
            tree.AddFile($"/many/{i:D4}", ForgeContent.Random((ulong)(i % 200) + 10, 300 + (i % 200)));
        }

        return tree;
    }
}
