using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.HfsPlus;
using IpswDiff.Forge.Partitions;

namespace IpswDiff.Forge.Tests.HfsPlus;

public sealed class HfsPlusImageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("forge-hfs-").FullName;

    public static TheoryData<HfsPlusOptions> Kinds() =>
    [
        new HfsPlusOptions(),
        new HfsPlusOptions { Journaled = true },
        new HfsPlusOptions { IsHfsx = true, CaseSensitive = true },
        new HfsPlusOptions { FragmentedCatalog = true },
        new HfsPlusOptions { Wrapped = true },
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Archiver_extracts_what_was_written(HfsPlusOptions options)
    {
        var (tree, actual) = HfsTreeSamples.Everything(options);

        // The archiver follows no attribute beyond its first eight extents and knows no compressed file without contents.
        tree.Find("/scattered.bin")!.ExtendedAttributes.Remove("com.example.scattered");
        ((ForgeDirectory)tree.Find("/compressed")!).Children.Remove("empty");
        var extracted = Extract(new HfsPlusImage(tree, actual));
        Assert.All(PlainFiles(tree), item => Assert.Equal(item.File.Content.ToArray(), File.ReadAllBytes(extracted + item.Path)));

        // The archiver leaves hard links empty and shows the shared contents where they are stored.
        var shared = ((ForgeFile)tree.Find("/hello.txt")!).Content.ToArray();
        var inodes = Directory.GetFiles(Path.Combine(extracted, "[HFS+ Private Data]"), "iNode*").Where(path => !path.Contains(':', StringComparison.Ordinal));
        Assert.Equal(shared, File.ReadAllBytes(Assert.Single(inodes)));
    }

    [Fact]
    public void Archiver_extracts_thousands_of_files()
    {
        var tree = HfsTreeSamples.Many(10_000);
        var extracted = Extract(new HfsPlusImage(tree, new HfsPlusOptions()));
        Assert.All(PlainFiles(tree), item => Assert.Equal(item.File.Content.Length, new FileInfo(extracted + item.Path).Length));
        Assert.Equal(10_000, Directory.EnumerateFiles(extracted, "*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public void Reader_of_another_library_shows_the_same_names()
    {
        var program = Witnesses.HfsInfo.Required();
        var (tree, options) = HfsTreeSamples.Everything();

        // The library overruns a buffer of its own on attributes in several extents.
        var result = Witness.Run(program, "-H", Write(new HfsPlusImage(tree, options with { Fragmented = [] })));
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        var lines = result.Output.Split('\n').Select(line => line.Trim()).ToHashSet(StringComparer.Ordinal);
        Assert.All(tree.Walk().Where(item => !IsShared(item.Path)), item => Assert.Contains(item.Path, lines));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IEnumerable<(string Path, ForgeFile File)> PlainFiles(ForgeTree tree)
    {
        var items = tree.Walk().Where(item => item.Node is ForgeFile && !IsShared(item.Path)).ToList();
        return items.GroupBy(item => item.Node).Where(group => group.Count() == 1)
            .Select(group => (group.First().Path.Replace(':', '_'), (ForgeFile)group.Key));
    }

    // Witnesses do not follow hard links to folders.
    private static bool IsShared(string path) => path.EndsWith("/inside", StringComparison.Ordinal);

    private string Write(HfsPlusImage image)
    {
        var path = Path.Combine(_folder, "disk.hfs");
        using var stream = File.Create(path);
        image.WriteTo(new StreamSink(stream));
        Assert.Equal(image.Length, stream.Length);
        return path;
    }

    private string Extract(HfsPlusImage image)
    {
        var target = Path.Combine(_folder, "extracted");
        var result = Witness.Run(Witnesses.SevenZip.Required(), "x", "-y", "-bd", "-snld20", "-o" + target, Write(image));
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        return Path.Combine(target, "Forged");
    }
}
