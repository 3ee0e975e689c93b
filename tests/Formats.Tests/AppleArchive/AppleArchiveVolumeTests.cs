using System.Security.Cryptography;
using IpswDiff.Forge;
using IpswDiff.Forge.AppleArchive;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Pbzx;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Formats.Tests.AppleArchive;

public sealed class AppleArchiveVolumeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("AA01", false, false, null)]
    [InlineData("YAA1", false, true, null)]
    [InlineData("AA01", true, true, PbzxAlgorithm.Lzma)]
    [InlineData("YAA1", true, false, PbzxAlgorithm.Lzfse)]
    public void Reads_what_was_written(string magic, bool deduplicates, bool extras, PbzxAlgorithm? algorithm)
    {
        var tree = Sample();
        var bytes = new AppleArchiveWriter(magic) { Deduplicates = deduplicates, HasHashes = extras, HasErrorCodes = extras }.AddTree(tree).ToArray();
        var volume = Open(algorithm is { } packed ? PbzxWriter.Write(bytes, packed, 4096) : bytes);
        AssertSame(tree, volume, extras);
        Assert.Equal(0, volume.DuplicateCount);
        Assert.Empty(volume.PatchOperations);
    }

    [Fact]
    public void Finds_what_it_lists_and_nothing_else()
    {
        var volume = Open(new AppleArchiveWriter().AddTree(Sample()).ToArray());
        Assert.All(volume.Walk(cancellationToken: Cancel), entry => Assert.Equal(entry, volume.Find(entry.Path)));
        Assert.All(["/usr/none", "usr", "/usr/bin/tool/x", "/../usr", ""], path => Assert.Null(volume.Find(path)));
        Assert.Empty(volume.Walk("/none", Cancel));
        Assert.Equal(["/usr/bin", "/usr/bin/hard", "/usr/bin/tool"], volume.Walk("/usr/bin", Cancel).Select(entry => entry.Path));
    }

    [Fact]
    public void A_range_is_the_part_of_the_walk_between_its_ends()
    {
        var volume = Open(new AppleArchiveWriter().AddTree(Sample()).ToArray());
        var all = volume.Walk(cancellationToken: Cancel).Select(entry => entry.Path).ToArray();
        Assert.Equal(all.Order(PathOrder.Instance), all);
        string[] ends = [.. all, "/a", "/usr/c", "/zzz"];
        Assert.All(ends, first => Assert.All(ends, end => Assert.Equal(
            all.Where(path => PathOrder.Compare(path, first) >= 0 && PathOrder.Compare(path, end) < 0),
            volume.WalkRange(first, end, Cancel).Select(entry => entry.Path))));
        Assert.Equal(all, volume.WalkRange("/", null, Cancel).Select(entry => entry.Path));
    }

    [Fact]
    public void Names_sort_as_UTF_16_does()
    {
        var tree = new ForgeTree();
        foreach (var name in (string[])["\U0001F600", "\uE000", "\uFFFD", "z", "é", "\uD7FF", "\U00010000b", "zz", "z!"])
        {
            tree.AddFile("/" + name, name);
        }

        var names = Open(new AppleArchiveWriter().AddTree(tree).ToArray()).Walk(cancellationToken: Cancel).Select(entry => entry.Path).ToArray();
        Assert.Equal(names.Order(PathOrder.Instance), names);
        Assert.Equal(10, names.Length);
    }

    [Fact]
    public void Later_archives_and_entries_take_the_place_of_earlier_ones()
    {
        byte[][] parts =
        [
            new AppleArchiveWriter().Add("a", File("one")).Add("dir", new ForgeDirectory { Mode = 0x1C0 }).Add("dir/x", File("x")).ToArray(),
            new AppleArchiveWriter().Add("a", File("two")).Add("a", File("three")).Add("dir", new ForgeDirectory { Mode = 0x1ED }).ToArray(),
            new AppleArchiveWriter().Add("./b//c", File("four")).ToArray(),
        ];
        for (var round = 0; round < 20; round++)
        {
            var volume = AppleArchiveVolume.Open([.. parts.Select((part, i) => new AppleArchivePart($"payload.{i:000}", () => new MemoryByteSource(part)))], "payload");
            Assert.Equal("three", Text(volume, "/a"));
            Assert.Equal("four", Text(volume, "/b/c"));
            Assert.Equal(0x1ED, volume.Find("/dir")!.Mode);
            Assert.Equal(2, volume.DuplicateCount);
            Assert.Equal(["/", "/a", "/b", "/b/c", "/dir", "/dir/x"], volume.Walk(cancellationToken: Cancel).Select(entry => entry.Path));
        }
    }

    [Fact]
    public void An_update_asset_is_unwrapped_and_fixed_up()
    {
        var inner = new AppleArchiveWriter().Add("AssetData/file", File("contents")).ToArray();
        var fixup = new AppleArchiveWriter()
            .AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "AssetData/file").Number("MOD", 0x124, smallest: 2).Number("UID", 501))
            .AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "AssetData/elsewhere"))
            .ToArray();
        var asset = new AppleArchiveWriter()
            .AddOperation('M', [1, 2, 3])
            .AddOperation('E', PbzxWriter.Write(inner, PbzxAlgorithm.Lzma), "main")
            .AddOperation('O', fixup, "main")
            .ToArray();
        var volume = Open(asset);
        Assert.Equal(["/", "/AssetData", "/AssetData/file"], volume.Walk(cancellationToken: Cancel).Select(entry => entry.Path));
        Assert.Equal("contents", Text(volume, "/AssetData/file"));
        Assert.Equal((0x124, 501u), (volume.Find("/AssetData/file")!.Mode, volume.Find("/AssetData/file")!.Uid));
        Assert.Empty(volume.PatchOperations);
    }

    [Fact]
    public void Says_which_patch_operations_an_archive_asks_for() =>
        Assert.Equal(['C', 'P'], Open(new AppleArchiveWriter().AddOperation('P').AddOperation('C', [1]).AddOperation('P').ToArray()).PatchOperations);

    [Fact]
    public void Contents_that_no_archive_holds_are_listed_and_not_opened()
    {
        var volume = Open(new AppleArchiveWriter().AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "gone").Number("SIZ", 99).Number("SLC", 7)).ToArray());
        var entry = volume.Find("/gone")!;
        Assert.Equal(99, entry.Size);
        Assert.Contains("/gone", Assert.Throws<FirmwareFormatException>(() => volume.Open(entry)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contents_are_found_by_clone_and_same_data_clusters()
    {
        var volume = Open(new AppleArchiveWriter()
            .AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "clone").Number("CLC", 4))
            .AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "same").Number("SLC", 9))
            .AddRaw(entry => entry.Number("TYP", 'F').Text("PAT", "whole").Number("CLC", 4).Number("SLC", 9).Blob("DAT", "shared"u8.ToArray()))
            .ToArray());
        Assert.All(["/clone", "/same", "/whole"], path => Assert.Equal("shared", Text(volume, path)));
        Assert.Equal(3, volume.Walk(cancellationToken: Cancel).Where(entry => entry.Kind == FileKind.File).Select(entry => entry.FileId).Distinct().Count());
    }

    [Fact]
    public void A_hard_link_whose_first_name_became_another_file_is_that_file_no_longer()
    {
        var volume = Open(new AppleArchiveWriter()
            .Add("a", File("linked"), hardLink: 1).Add("b", File("linked"), hardLink: 1).Add("a", File("other"), hardLink: 2).ToArray());
        Assert.Equal(("other", "linked"), (Text(volume, "/a"), Text(volume, "/b")));
        Assert.NotEqual(volume.Find("/a")!.FileId, volume.Find("/b")!.FileId);
    }

    private static void AssertSame(ForgeTree tree, AppleArchiveVolume volume, bool hashed)
    {
        var truth = tree.Walk().OrderBy(item => item.Path, PathOrder.Instance).ToArray();
        var found = volume.Walk(cancellationToken: Cancel).ToArray();
        Assert.Equal(truth.Select(item => item.Path), found.Select(entry => entry.Path));
        foreach (var ((path, node), entry) in truth.Zip(found))
        {
            Assert.Equal((node.Mode & 0xFFF, node.Uid, node.Gid), (entry.Mode, entry.Uid, entry.Gid));
            Assert.Equal((node as ForgeSymlink)?.Target, entry.Target);
            Assert.Equal(node.ExtendedAttributes.ToDictionary(pair => pair.Key, pair => (long)pair.Value.Length), volume.ExtendedAttributes(entry));
            Assert.All(node.ExtendedAttributes, pair => Assert.Equal(pair.Value, Bytes(volume.OpenExtendedAttribute(entry, pair.Key)!)));
            Assert.Null(volume.OpenExtendedAttribute(entry, "absent"));
            Assert.Equal(node switch { ForgeDirectory => FileKind.Directory, ForgeFile => FileKind.File, ForgeSymlink => FileKind.Symlink, _ => FileKind.Special }, entry.Kind);
            if (node is ForgeFile file)
            {
                var bytes = file.Content.ToArray();
                Assert.Equal(bytes.Length, entry.Size);
                Assert.Equal(bytes, Bytes(volume.Open(entry)));
                Assert.Equal(hashed ? "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)) : null, entry.ContentHash);
            }
            else
            {
                Assert.Throws<FirmwareFormatException>(() => volume.Open(entry));
            }
        }

        var ids = truth.Zip(found).GroupBy(pair => pair.First.Node).Select(names => Assert.Single(names.Select(pair => pair.Second.FileId).Distinct())).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    private static ForgeTree Sample()
    {
        var tree = new ForgeTree();
        tree.AddFile("/usr/bin/tool", ForgeContent.Random(1, 20_000)).Mode = 0b111_101_101;
        tree.AddHardLink("/usr/bin/hard", "/usr/bin/tool");
        tree.AddFile("/usr/share/große datei.txt", "text").Uid = 70_000;
        tree.AddFile("/usr/empty", []);
        tree.AddFile("/usr!/not-below-usr", new string('y', 9000)).ExtendedAttributes["com.apple.quarantine"] = "0081;"u8.ToArray();
        tree.Find("/usr!/not-below-usr")!.ExtendedAttributes["user.empty"] = [];
        tree.AddSymlink("/etc", "private/etc");
        tree.AddDirectory("/private/etc").Mode = 0b001_111_101_101;
        tree.AddDirectory("/private").ExtendedAttributes["com.apple.rootless"] = "x"u8.ToArray();
        tree.AddSpecial("/dev/fifo", ForgeSpecialKind.Fifo);
        return tree;
    }

    private static ForgeFile File(string text) => new(ForgeContent.FromText(text)) { Mode = 0x1A4 };

    private static AppleArchiveVolume Open(byte[] bytes) => AppleArchiveVolume.Open(new MemoryByteSource(bytes));

    private static byte[] Bytes(ByteSource source) => source.ReadBytes(0, (int)source.Length);

    private static string Text(AppleArchiveVolume volume, string path) => System.Text.Encoding.UTF8.GetString(Bytes(volume.Open(volume.Find(path)!)));
}
