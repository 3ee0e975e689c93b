using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;

namespace IpswDiff.Forge.Tests.Apfs;

/// <summary>A folder for one test's images that goes away with it, and the comparison of what a witness extracted with the truth.</summary>
internal sealed class ImageFiles : IDisposable
{
    private const int BlockSize = 4096;

    private readonly string _folder = Directory.CreateTempSubdirectory("forge-").FullName;

    public string Folder => _folder;

    public string Write(DiskContent content, string name = "disk.img")
    {
        var path = Path.Combine(_folder, name);
        using var stream = File.Create(path);
        content.WriteTo(new StreamSink(stream));
        return path;
    }

    /// <summary>Extracts an image with 7zz, or skips the test where that is absent.</summary>
    public string Extract(string image)
    {
        var target = Path.Combine(_folder, "extracted-" + Path.GetFileName(image));
        var result = Witness.Run(Witnesses.SevenZip.Required(), "x", "-y", "-bd", "-snld20", "-o" + target, image);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        return target;
    }

    /// <summary>Every name of the tree is in the folder with the right kind and the right bytes, and nothing else is.</summary>
    public static void AssertHolds(string folder, ForgeTree tree)
    {
        var expected = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (path, node) in tree.Walk().Where(entry => entry.Path != "/"))
        {
            expected.Add(path);
            var file = folder + path;
            switch (node)
            {
                case ForgeDirectory:
                    Assert.True(Directory.Exists(file), path);
                    break;
                case ForgeSymlink link:
                    Assert.Equal(link.Target, new FileInfo(file).LinkTarget);
                    break;
                case ForgeFile { Content: var content }:
                    AssertSame(content, file);
                    break;
            }
        }

        if (expected.Count == 0 && !Directory.Exists(folder))
        {
            return;
        }

        var actual = Below(folder).Select(path => path[folder.Length..])
            .Where(path => !path.StartsWith("/[", StringComparison.Ordinal) && !path.Contains(':', StringComparison.Ordinal))
            .ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], expected.Except(actual));
        Assert.Equal([], actual.Except(expected));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IEnumerable<string> Below(string folder)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            yield return entry.FullName;
            if (entry is DirectoryInfo { LinkTarget: null })
            {
                foreach (var below in Below(entry.FullName))
                {
                    yield return below;
                }
            }
        }
    }

    // 7zz reads a hole as the start of the disk, so holes are left to the checker.
    private static void AssertSame(ForgeContent content, string file)
    {
        using var wanted = content.Open();
        using var found = File.OpenRead(file);
        Assert.Equal(content.Length, found.Length);
        var (a, b) = (new byte[BlockSize], new byte[BlockSize]);
        for (long at = 0; at < content.Length; at += BlockSize)
        {
            var count = (int)Math.Min(BlockSize, content.Length - at);
            wanted.ReadExactly(a.AsSpan(0, count));
            found.ReadExactly(b.AsSpan(0, count));
            if (!content.Holes.Any(hole => hole.Offset <= at && hole.End >= at + count))
            {
                Assert.True(a.AsSpan(0, count).SequenceEqual(b.AsSpan(0, count)), $"{file} at {at}");
            }
        }
    }
}
