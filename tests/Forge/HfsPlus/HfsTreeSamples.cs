using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>Trees that hold one of everything an HFS+ volume can, and many of something.</summary>
public static class HfsTreeSamples
{
    /// <summary>One of everything; the nodes to scatter are in the options.</summary>
    public static (ForgeTree Tree, HfsPlusOptions Options) Everything(HfsPlusOptions? options = null)
    {
        var tree = new ForgeTree();
        tree.AddFile("/empty", []);
        tree.AddFile("/hello.txt", "hello, world\n");
        tree.AddHardLink("/usr/share/hello", "/hello.txt");
        tree.AddHardLink("/usr/share/again", "/hello.txt");
        tree.AddSymlink("/link", "usr/share/hello");
        tree.AddFile("/usr/bin/tool", ForgeContent.Random(1, 300_001)).Mode = 0b100_111_101_101;
        tree.AddFile("/one:two", "a name that has a slash on the volume");
        tree.AddFile("/u\u0308ni\u0308c\u00F8de\u0301/\u0444\u0430\u0438\u0306\u043B.txt", "decomposed");
        tree.AddFile("/Zebra", "upper");
        tree.AddFile("/apple", "lower");
        tree.AddFile("/_under", "between");
        tree.AddFile("/usr.d/after", "sorts after everything in /usr");
        tree.AddFile("/" + new string('n', 255), "the longest name");
        tree.AddSpecial("/dev/null", ForgeSpecialKind.CharacterDevice, 0x03000002);
        tree.AddSpecial("/dev/pipe", ForgeSpecialKind.Fifo);

        var scattered = tree.AddFile("/scattered.bin", ForgeContent.Random(2, (40 * 4096) + 77));
        scattered.ExtendedAttributes["com.apple.ResourceFork"] = ForgeContent.Random(3, (20 * 4096) + 5).ToArray();
        scattered.ExtendedAttributes["com.example.scattered"] = ForgeContent.Random(4, 20 * 4096).ToArray();
        var scatteredToo = tree.AddFile("/scattered.too", ForgeContent.Random(5, 3 * 4096));

        var attributed = tree.AddFile("/attributed", "attributes");
        attributed.ExtendedAttributes["com.example.empty"] = [];
        attributed.ExtendedAttributes["com.example.small"] = [1, 2, 3];
        attributed.ExtendedAttributes["com.example.large"] = ForgeContent.Random(6, 6000).ToArray();
        attributed.ExtendedAttributes["com.apple.FinderInfo"] = [.. "TEXTttxt"u8, .. new byte[24]];
        attributed.Uid = 501;
        attributed.Gid = 20;
        tree.Find("/hello.txt")!.ExtendedAttributes["com.example.shared"] = [7];
        tree.Find("/usr")!.ExtendedAttributes["com.example.folder"] = [8, 9];

        var shared = tree.AddDirectory("/backups/first/shared");
        tree.AddFile("/backups/first/shared/inside", "seen twice");
        tree.AddDirectory("/backups/second").Children.Add("same", shared);

        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n"));
        tree.AddFile("/compressed/zlib-attribute", ForgeContent.FromText(text[..3000]), ForgeCompression.ZlibAttribute);
        tree.AddFile("/compressed/zlib-fork", ForgeContent.FromText(text), ForgeCompression.ZlibResourceFork);
        tree.AddFile("/compressed/random-fork", ForgeContent.Random(7, 100_000), ForgeCompression.ZlibResourceFork);
        tree.AddFile("/compressed/plain-attribute", ForgeContent.Random(8, 2000), ForgeCompression.PlainAttribute);
        tree.AddFile("/compressed/empty", ForgeContent.Empty, ForgeCompression.ZlibAttribute);

        options = (options ?? new HfsPlusOptions()) with { Fragmented = [scattered, scatteredToo] };
        if (options.CaseSensitive)
        {
            tree.AddFile("/HELLO.txt", "another file");
        }

        return (tree, options);
    }

    /// <summary>Many small files in folders of very different sizes, so that the catalog has several levels.</summary>
    public static ForgeTree Many(int files)
    {
        var tree = new ForgeTree();
        var random = new ForgeRandom(99);
        for (var i = 0; i < files; i++)
        {
            var folder = random.Next(20) switch
            {
                < 8 => "/large",
                < 14 => $"/medium{random.Next(30):D2}",
                _ => $"/deep/{random.Next(40):D2}/{random.Next(40):D2}",
            };
            tree.AddFile($"{folder}/File {i:D6} with a name of some length", i % 10 == 0 ? $"contents of {i}" : string.Empty);
        }

        return tree;
    }
}
