using System.Security.Cryptography;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.HfsPlus;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Formats.Tests.HfsPlus;

public sealed class HfsPlusVolumeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, HfsPlusOptions> Kinds() => new()
    {
        { "HFS+", new HfsPlusOptions() },
        { "HFS+ journalled", new HfsPlusOptions { Journaled = true } },
        { "HFSX folding", new HfsPlusOptions { IsHfsx = true } },
        { "HFSX case-sensitive", new HfsPlusOptions { IsHfsx = true, CaseSensitive = true } },
        { "small blocks, scattered catalog", new HfsPlusOptions { BlockSize = 512, FragmentedCatalog = true, ExtentsNodeSize = 512 } },
        { "large blocks and nodes", new HfsPlusOptions { BlockSize = 16384, CatalogNodeSize = 32768, AttributesNodeSize = 16384 } },
        { "wrapped", new HfsPlusOptions { Wrapped = true, Journaled = true } },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Walks_and_reads_everything_that_was_written(string kind, HfsPlusOptions options)
    {
        Assert.NotEmpty(kind);
        var (tree, actual) = HfsTreeSamples.Everything(options);
        var volume = HfsPlusVolume.Open(new MemoryByteSource(new HfsPlusImage(tree, actual).ToArray()));
        Assert.Equal(options.VolumeName, volume.Name);
        Assert.Equal("hfsplus", volume.FileSystem);
        Assert.Equal(options.CaseSensitive, volume.CaseSensitive);
        AssertEqual(tree, volume);
    }

    [Fact]
    public void Walks_tens_of_thousands_of_files_in_path_order()
    {
        var tree = HfsTreeSamples.Many(30_000);
        var image = new HfsPlusImage(tree, new HfsPlusOptions { FragmentedCatalog = true });
        var volume = HfsPlusVolume.Open(new MemoryByteSource(image.ToArray()), new BlockCache(1 << 20));
        var paths = volume.Walk("/", Cancel).Select(entry => entry.Path).ToList();
        Assert.Equal(tree.Walk().Select(item => item.Path), paths);
        Assert.Equal(paths.Order(PathOrder.Instance), paths);
        Assert.All(paths.Where((_, i) => i % 997 == 0), path => Assert.Equal(path, volume.Find(path)?.Path));
    }

    [Fact]
    public void Walks_a_range_as_the_whole_walk_cut_to_it()
    {
        var (tree, options) = HfsTreeSamples.Everything();
        var volume = HfsPlusVolume.Open(new MemoryByteSource(new HfsPlusImage(tree, options).ToArray()));
        var paths = volume.Walk("/", Cancel).Select(entry => entry.Path).ToList();
        string[] bounds = ["/", "/u", "/usr", "/usr/bin", "/usr/bin/tool", "/usr/bin/tool2", "/usr.d", "/zzz", "/backups/second/same/inside"];
        foreach (var first in bounds)
        {
            foreach (var end in bounds.Append(null))
            {
                var expected = paths.Where(path =>
                    PathOrder.Compare(path, first) >= 0 && (end is null || PathOrder.Compare(path, end) < 0));
                Assert.Equal(expected, volume.WalkRange(first, end, Cancel).Select(entry => entry.Path));
            }
        }
    }

    [Fact]
    public void Walks_from_a_folder_or_a_file()
    {
        var (tree, options) = HfsTreeSamples.Everything();
        var volume = HfsPlusVolume.Open(new MemoryByteSource(new HfsPlusImage(tree, options).ToArray()));
        Assert.Equal(["/usr/share", "/usr/share/again", "/usr/share/hello"], volume.Walk("/usr/share/", Cancel).Select(entry => entry.Path));
        Assert.Equal(["/link"], volume.Walk("/link", Cancel).Select(entry => entry.Path));
        Assert.Empty(volume.Walk("/absent", Cancel));
    }

    [Fact]
    public void Finds_names_in_any_case_and_either_composition()
    {
        var (tree, options) = HfsTreeSamples.Everything();
        var volume = HfsPlusVolume.Open(new MemoryByteSource(new HfsPlusImage(tree, options).ToArray()));
        Assert.Equal("/usr/bin/tool", volume.Find("/USR/Bin/TOOL")?.Path);
        var decomposed = "/u\u0308ni\u0308c\u00F8de\u0301/\u0444\u0430\u0438\u0306\u043B.txt";
        Assert.Equal(decomposed, volume.Find("/\u00FCn\u00EFc\u00F8d\u00E9/\u0444\u0430\u0439\u043B.txt")?.Path);
        Assert.Equal(decomposed, volume.Find("/\u00DCN\u00CFC\u00D8D\u00C9/\u0424\u0410\u0419\u041B.TXT")?.Path);
        Assert.Null(volume.Find("/hello.txt/below"));
        Assert.Null(volume.Find("relative"));
    }

    [Fact]
    public void Tells_case_apart_only_on_a_case_sensitive_volume()
    {
        var (tree, options) = HfsTreeSamples.Everything(new HfsPlusOptions { IsHfsx = true, CaseSensitive = true });
        var volume = HfsPlusVolume.Open(new MemoryByteSource(new HfsPlusImage(tree, options).ToArray()));
        Assert.Equal("another file", Text(volume, "/HELLO.txt"));
        Assert.Equal("hello, world\n", Text(volume, "/hello.txt"));
        Assert.Null(volume.Find("/Hello.txt"));
    }

    [Fact]
    public void Gives_hard_links_one_file_id_and_keeps_their_folders_out_of_sight()
    {
        var (tree, options) = HfsTreeSamples.Everything(new HfsPlusOptions { Journaled = true });
        var volume = HfsPlusVolume.Open(new MemoryByteSource(new HfsPlusImage(tree, options).ToArray()));
        var ids = new[] { "/hello.txt", "/usr/share/hello", "/usr/share/again" }.Select(path => volume.Find(path)!.FileId).Distinct();
        Assert.Single(ids);
        Assert.Equal(volume.Find("/backups/first/shared")!.FileId, volume.Find("/backups/second/same")!.FileId);
        Assert.Equal(volume.Find("/backups/first/shared/inside")!.FileId, volume.Find("/backups/second/same/inside")!.FileId);
        Assert.All(
            new[] { "/.journal", "/.journal_info_block", "/\u2400\u2400\u2400\u2400HFS+ Private Data", "/.HFS+ Private Directory Data\r" },
            path => Assert.Null(volume.Find(path)));
    }

    [Fact]
    public void Uses_the_alternate_header_when_the_primary_is_damaged()
    {
        var (tree, options) = HfsTreeSamples.Everything();
        var image = new HfsPlusImage(tree, options).ToArray();
        image.AsSpan(1024, 512).Clear();
        AssertEqual(tree, HfsPlusVolume.Open(new MemoryByteSource(image)));

        "H+"u8.CopyTo(image.AsSpan(1024));
        AssertEqual(tree, HfsPlusVolume.Open(new MemoryByteSource(image)));
    }

    [Fact]
    public void Leaves_what_is_no_hfs_plus_volume_to_others()
    {
        var (tree, options) = HfsTreeSamples.Everything();
        var converted = new HfsPlusImage(tree, options).ToArray();
        converted.AsSpan(0, 4096).Clear();
        "NXSB"u8.CopyTo(converted.AsSpan(32));
        Assert.False(HfsPlusVolume.TryOpen(new MemoryByteSource(converted), null, out _));
        Assert.False(HfsPlusVolume.TryOpen(new MemoryByteSource(new byte[100]), null, out _));
        Assert.False(HfsPlusVolume.TryOpen(new MemoryByteSource(new byte[1 << 16]), null, out _));
        Assert.Throws<FirmwareFormatException>(() => HfsPlusVolume.Open(new MemoryByteSource(new byte[1 << 16])));
    }

    [Fact]
    public void Says_so_when_the_image_was_cut_short()
    {
        var (tree, options) = HfsTreeSamples.Everything();
        var image = new HfsPlusImage(tree, options).ToArray();
        var fault = Assert.Throws<FirmwareFormatException>(() => HfsPlusVolume.Open(new MemoryByteSource(image.AsMemory(0, image.Length / 2))));
        Assert.Contains("cut short", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_to_open_what_is_no_file_or_not_there()
    {
        var (tree, options) = HfsTreeSamples.Everything();
        var volume = HfsPlusVolume.Open(new MemoryByteSource(new HfsPlusImage(tree, options).ToArray()));
        Assert.Throws<FirmwareFormatException>(() => volume.Open(volume.Find("/usr")!));
        Assert.Throws<FirmwareFormatException>(() => volume.Open(volume.Find("/link")!));
        Assert.Throws<FirmwareFormatException>(() => volume.Open(volume.Find("/hello.txt")! with { FileId = 999_999 }));
    }

    internal static void AssertEqual(ForgeTree tree, FileSystemVolume volume)
    {
        var entries = volume.Walk("/", Cancel).ToList();
        Assert.Equal(tree.Walk().Select(item => item.Path), entries.Select(entry => entry.Path));
        foreach (var ((path, node), entry) in tree.Walk().Zip(entries))
        {
            AssertEqual(node, entry, volume);
            Assert.Equal(entry, volume.Find(path));
        }
    }

    internal static byte[] Read(ByteSource source) => source.ReadBytes(0, (int)source.Length);

    private static void AssertEqual(ForgeNode node, FileEntry entry, FileSystemVolume volume)
    {
        Assert.Equal((node.Mode, node.Uid, node.Gid), (entry.Mode, entry.Uid, entry.Gid));
        Assert.Equal(node is ForgeFile { Compression: not ForgeCompression.None }, entry.IsCompressed);
        switch (node)
        {
            case ForgeFile file:
                Assert.Equal((FileKind.File, file.Content.Length), (entry.Kind, entry.Size));
                Assert.Equal(SHA256.HashData(file.Content.Open()), SHA256.HashData(new ByteSourceStream(volume.Open(entry))));
                Assert.Equal(file.Content.ToArray(), Read(volume.Open(entry)));
                break;
            case ForgeSymlink link:
                Assert.Equal((FileKind.Symlink, link.Target, (long)link.Target.Length), (entry.Kind, entry.Target, entry.Size));
                break;
            default:
                Assert.Equal((node is ForgeDirectory ? FileKind.Directory : FileKind.Special, 0L), (entry.Kind, entry.Size));
                break;
        }

        var attributes = volume.ExtendedAttributes(entry);
        Assert.Equal(node.ExtendedAttributes.Keys, attributes.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, value) in node.ExtendedAttributes)
        {
            Assert.Equal(value.Length, attributes[name]);
            Assert.Equal(value, Read(volume.OpenExtendedAttribute(entry, name)!));
        }

        Assert.Null(volume.OpenExtendedAttribute(entry, "com.example.absent"));
    }

    private static string Text(HfsPlusVolume volume, string path) =>
        System.Text.Encoding.UTF8.GetString(Read(volume.Open(volume.Find(path)!)));
}
