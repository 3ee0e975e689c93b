using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.Tests.Apfs;

/// <summary>Trees that have one of everything.</summary>
internal static class TreeSamples
{
    public static ForgeTree Everything(bool withHoles = true)
    {
        var tree = new ForgeTree();
        tree.AddFile("/System/Library/CoreServices/SystemVersion.plist", "<plist/>\n");
        tree.AddFile("/usr/lib/dyld", ForgeContent.Random(1, 300_001)).Mode = 0b111_101_101;
        tree.AddFile("/usr/lib/empty", ForgeContent.Empty);
        tree.AddFile("/usr/lib/block", ForgeContent.Random(2, 4096));
        tree.AddFile("/usr/lib/block and a byte", ForgeContent.Random(3, 4097));
        tree.AddHardLink("/usr/bin/dyld_link", "/usr/lib/dyld");
        tree.AddHardLink("/usr/lib/dyld.2", "/usr/lib/dyld");
        tree.AddSymlink("/usr/lib/libSystem.dylib", "libSystem.B.dylib");
        tree.AddSymlink("/var", "private/var");
        tree.AddDirectory("/private/var/empty dir");
        if (withHoles)
        {
            tree.AddFile("/private/sparse", ForgeContent.Sparse(1_000_000, (10_000, Bytes(4, 5_000)), (500_000, Bytes(5, 100_000))));
            tree.AddFile("/private/sparse at the end", ForgeContent.Sparse(90_000, (0, Bytes(6, 5_000))));
        }

        tree.AddFile("/names/Gr\u00FC\u00E9e", "umlaut");
        tree.AddFile("/names/\u30AC\u3068\u65E5\u672C\u8A9E", "kana");
        tree.AddFile("/names/\uD55C\uAE00", "hangul");
        tree.AddFile("/names/" + new string('n', 200), "long");
        var attributed = tree.AddFile("/names/attributes", "has attributes");
        attributed.ExtendedAttributes.Add("com.example.small", [1, 2, 3]);
        attributed.ExtendedAttributes.Add("com.example.large", Bytes(7, 10_000));
        attributed.ExtendedAttributes.Add("com.apple.FinderInfo", new byte[32]);
        (attributed.Uid, attributed.Gid, attributed.Mode) = (501, 20, 0b100_110_100_000);
        return tree;
    }

    /// <summary>Every compression that 7zz knows.</summary>
    public static ForgeTree Compressed()
    {
        var tree = new ForgeTree();
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"line {i * 7919 % 1000} of the text\n"));
        tree.AddFile("/zlib.attribute", ForgeContent.FromText(text[..5_000]), ForgeCompression.ZlibAttribute);
        tree.AddFile("/zlib.attribute.stored", ForgeContent.Random(1, 100), ForgeCompression.ZlibAttribute);
        tree.AddFile("/zlib.fork", ForgeContent.FromText(text), ForgeCompression.ZlibResourceFork);
        tree.AddFile("/zlib.fork.stored", ForgeContent.Random(2, 200_000), ForgeCompression.ZlibResourceFork);
        tree.AddFile("/zlib.fork.whole chunks", ForgeContent.FromText(text[..131_072]), ForgeCompression.ZlibResourceFork);
        tree.AddFile("/plain.attribute", ForgeContent.FromText(text[..1_000]), ForgeCompression.PlainAttribute);
        tree.AddFile("/lzvn.attribute", ForgeContent.FromText(text[..5_000]), ForgeCompression.LzvnAttribute);
        tree.AddFile("/lzvn.fork", ForgeContent.FromText(text), ForgeCompression.LzvnResourceFork);
        tree.AddFile("/lzvn.fork.stored", ForgeContent.Random(3, 70_000), ForgeCompression.LzvnResourceFork);
        tree.AddFile("/not compressed", text);
        return tree;
    }

    public static byte[] Bytes(ulong seed, int length) => ForgeContent.Random(seed, length).ToArray();
}
