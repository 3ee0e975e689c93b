using IpswDiff.Forge;
using IpswDiff.Forge.AppleArchive;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Pbzx;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Tests.AppleArchive;

public sealed class AppleArchiveDamageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, 30)]
    [InlineData(true, 100)]
    public void Survives_damage(bool packed, int fewest)
    {
        var archive = Sample();
        var bytes = packed ? PbzxWriter.Write(archive) : archive;
        Assert.InRange(Mutator.Damage(bytes, 600, seed: 5, hot: 200).Count(IsRefused), fewest, 600);
    }

    [Fact]
    public void Survives_truncation()
    {
        var archive = Sample();
        var cut = Mutator.Truncate(archive, 100).Where(bytes => bytes.Length > 0).ToArray();
        Assert.InRange(cut.Count(IsRefused), cut.Length * 9 / 10, cut.Length);
    }

    [Theory]
    [InlineData("../etc/passwd", "..")]
    [InlineData("a/../../b", "..")]
    [InlineData("..", "..")]
    [InlineData("a\0b", "NUL")]
    public void Refuses_paths_that_lead_elsewhere(string path, string reason) =>
        AssertRefused(new AppleArchiveWriter().Add(path, new ForgeFile(ForgeContent.Empty)), reason);

    [Fact]
    public void Keeps_absolute_paths_within_the_volume()
    {
        var volume = AppleArchiveVolume.Open(new MemoryByteSource(new AppleArchiveWriter().Add("/etc/./passwd/", new ForgeFile(ForgeContent.Empty)).ToArray()));
        Assert.Equal(["/", "/etc", "/etc/passwd"], volume.Walk(cancellationToken: Cancel).Select(entry => entry.Path));
    }

    [Fact]
    public void Refuses_what_is_a_file_and_a_directory()
    {
        var file = new ForgeFile(ForgeContent.Empty);
        AssertRefused(new AppleArchiveWriter().Add("a", file).Add("a/b", file), "is a file and has files in it");
        AssertRefused(new AppleArchiveWriter().Add("a/b", file).Add("a", file), "directory in one entry");
        AssertRefused(new AppleArchiveWriter().Add("a", new ForgeDirectory()).Add("a", file), "directory in one entry");
        AssertRefused(new AppleArchiveWriter().Add("a", new ForgeSymlink("/")).Add("a/b", file), "is a file and has files in it");
        AssertRefused(new AppleArchiveWriter().Add("", file), "directory in one entry");
    }

    [Fact]
    public void Refuses_sizes_beyond_the_archive()
    {
        AssertRefused(new AppleArchiveWriter().AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "a").BlobSize("DAT", 1)), "cut short");
        AssertRefused(new AppleArchiveWriter().AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "a").BlobSize("DAT", long.MaxValue)), "cut short");
        AssertRefused(new AppleArchiveWriter().AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "a").BlobSize("DAT", long.MaxValue).BlobSize("YEC", long.MaxValue)), "2^63");
        AssertRefused(new AppleArchiveWriter().AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "a").BlobSize("XAT", ulong.MaxValue)), "out of range");
    }

    [Fact]
    public void Refuses_headers_that_are_none()
    {
        AssertRefused(new AppleArchiveWriter().AddRaw(entry => entry.Text("PAT", "a")), "without a type");
        AssertRefused(new AppleArchiveWriter().AddRaw(entry => entry.Number("TYP", 'F')), "without a path");
        AssertRefused(new AppleArchiveWriter().AddRaw(entry => entry.Number("TYP", 'F').Field("QQQ", '?', [])), "unknown type 0x3f");
        AssertRefused(new AppleArchiveWriter().AddRaw(_ => { }), "holds no field");
        AssertRefused(new AppleArchiveWriter().AddRaw(entry => entry.Number("TYP", 'F').Field("PAT", 'P', [0xFF, 0xFF, (byte)'a'])), "bytes wanted");
    }

    [Fact]
    public void Refuses_a_third_archive_within_a_second()
    {
        var archive = new AppleArchiveWriter().Add("a", new ForgeFile(ForgeContent.Empty)).ToArray();
        for (var depth = 0; depth < 50; depth++)
        {
            archive = new AppleArchiveWriter().AddOperation('E', archive).ToArray();
        }

        AssertRefused(archive, "an archive in an archive in an archive");
    }

    [Fact]
    public void Stops_at_the_most_entries_and_the_most_names()
    {
        var writer = new AppleArchiveWriter();
        for (var i = 0; i < 2000; i++)
        {
            writer.AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", $"same"));
        }

        AssertRefused(writer.ToArray(), "more than 1500 entries", new AppleArchiveOptions { MostEntries = 1500 });
        var deep = new AppleArchiveWriter().Add(string.Join('/', Enumerable.Repeat("d", 2000)), new ForgeFile(ForgeContent.Empty)).ToArray();
        AssertRefused(deep, "more than 1500 entries", new AppleArchiveOptions { MostEntries = 1500 });
        AssertRefused(deep, "MiB of names", new AppleArchiveOptions { MostNameBytes = 1000 });
        AssertRefused(new AppleArchiveWriter().Add(new string('d', 5000), new ForgeFile(ForgeContent.Empty)), "a path of 5000 bytes");
    }

    [Theory]
    [InlineData(new byte[] { 9, 0, 0, 0, (byte)'a' })]
    [InlineData(new byte[] { 0, 0, 0, 0, (byte)'a', 0 })]
    [InlineData(new byte[] { 5, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 6, 0, 0 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, (byte)'a', 0 })]
    public void Refuses_damaged_extended_attributes(byte[] blob)
    {
        var volume = AppleArchiveVolume.Open(new MemoryByteSource(
            new AppleArchiveWriter().AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "a").Blob("XAT", blob)).ToArray()));
        Assert.Throws<FirmwareFormatException>(() => volume.ExtendedAttributes(volume.Find("/a")!));
    }

    [Fact]
    public void Passes_over_contents_without_decoding_them()
    {
        var tree = new ForgeTree();
        tree.AddFile("/large", ForgeContent.FromBytes(new byte[1 << 22]));
        tree.AddFile("/small", "x");
        var cache = new BlockCache(1 << 20);
        var stream = PbzxWriter.Write(new AppleArchiveWriter().AddTree(tree).ToArray(), blockSize: 1 << 14);
        var volume = AppleArchiveVolume.Open(new MemoryByteSource(stream), new AppleArchiveOptions { Cache = cache });
        Assert.InRange(cache.Misses, 1, 3);
        Assert.Equal(1 << 22, volume.Find("/large")!.Size);
    }

    private static bool IsRefused(byte[] bytes)
    {
        try
        {
            var volume = AppleArchiveVolume.Open(new MemoryByteSource(bytes), new AppleArchiveOptions { Cache = new BlockCache(1 << 18), Parallelism = 1 });
            foreach (var entry in volume.Walk(cancellationToken: Cancel))
            {
                volume.ExtendedAttributes(entry);
                if (entry.Kind == FileKind.File)
                {
                    var contents = volume.Open(entry);
                    contents.ReadBytes(0, (int)Math.Min(contents.Length, 1 << 20));
                }
            }

            return false;
        }
        catch (FirmwareFormatException)
        {
            return true;
        }
    }

    private static void AssertRefused(AppleArchiveWriter archive, string reason) => AssertRefused(archive.ToArray(), reason);

    private static void AssertRefused(byte[] archive, string reason, AppleArchiveOptions? options = null)
    {
        var fault = Assert.Throws<FirmwareFormatException>(() => AppleArchiveVolume.Open(new MemoryByteSource(archive), options));
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    private static byte[] Sample()
    {
        var tree = new ForgeTree();
        for (var i = 0; i < 20; i++)
        {
            tree.AddFile($"/dir{i % 3}/file{i}", $"contents {i}").ExtendedAttributes["name"] = [1, 2, 3];
        }

        tree.AddSymlink("/link", "dir0/file0");
        tree.AddHardLink("/hard", "/dir0/file0");
        return new AppleArchiveWriter { HasHashes = true, Deduplicates = true }.AddTree(tree).AddOperation('E', new AppleArchiveWriter().AddTree(tree).ToArray()).ToArray();
    }
}
