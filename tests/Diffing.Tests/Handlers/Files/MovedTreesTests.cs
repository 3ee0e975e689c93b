using IpswDiff.Diffing.Results;
using IpswDiff.Forge.FileTree;

namespace IpswDiff.Diffing.Tests.Handlers.Files;

public sealed class MovedTreesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_directory_whose_whole_tree_moved_is_one_item(bool isSealed)
    {
        using var run = new VolumeRun(isSealed);
        Tree(run.Old, "/a/Thing.bundle");
        Tree(run.New, "/b/c/Thing.bundle");
        run.Old.AddDirectory("/a");
        run.New.AddDirectory("/a");
        var report = await run.RunAsync("Files");
        Assert.Equal(["Added /b", "Added /b/c", "Moved /a/Thing.bundle -> /b/c/Thing.bundle"], report.Lines());
        var moved = Assert.Single(report.Items[ItemGroup.Moved]);
        Assert.Equal(5, moved.Counts!["entries"]);
        Assert.Equal(isSealed ? "content" : "names, sizes and ends of contents", moved.Proof);
        Assert.Equal("directory", moved.Old!.Kind);
    }

    [Fact]
    public async Task The_largest_tree_that_moved_is_told_and_nothing_in_it()
    {
        using var run = new VolumeRun();
        Tree(run.Old, "/old/x");
        Tree(run.Old, "/old/y");
        Tree(run.New, "/new/x");
        Tree(run.New, "/new/y");
        Assert.Equal(["Moved /old -> /new"], (await run.RunAsync("Files")).Lines());
    }

    [Theory]
    [InlineData("content")]
    [InlineData("name")]
    [InlineData("mode")]
    [InlineData("target")]
    public async Task A_tree_with_any_difference_did_not_move(string difference)
    {
        using var run = new VolumeRun();
        Tree(run.Old, "/a");
        Tree(run.New, "/b", difference);
        var report = await run.RunAsync("Files");
        Assert.DoesNotContain(report.Items[ItemGroup.Moved], item => item.Path == "/b");
        Assert.Contains("/b", report.Paths(ItemGroup.Added));
        Assert.Contains("/a", report.Paths(ItemGroup.Removed));
    }

    [Fact]
    public async Task Of_equal_trees_the_one_with_the_same_name_goes_first()
    {
        using var run = new VolumeRun();
        Tree(run.Old, "/one");
        Tree(run.Old, "/two");
        run.Old.AddDirectory("/base");
        run.New.AddDirectory("/base");
        Tree(run.New, "/base/two");
        Assert.Equal(
            ["/two -> /base/two"], (await run.RunAsync("Files")).Items[ItemGroup.Moved].Select(item => $"{item.FromPath} -> {item.Path}"));
    }

    [Fact]
    public async Task Trees_without_contents_are_nothing_to_go_by()
    {
        using var run = new VolumeRun();
        run.Old.AddDirectory("/a/x");
        run.New.AddDirectory("/b/x");
        run.New.AddFile("/b/x/empty", string.Empty);
        run.Old.AddFile("/a/x/empty", string.Empty);
        Assert.Empty((await run.RunAsync("Files")).Items[ItemGroup.Moved]);
    }

    [Fact]
    public async Task A_single_file_moved_where_the_volume_keeps_hashes()
    {
        using var run = new VolumeRun(isSealed: true);
        run.Old.AddFile("/a/one.txt", "the same\n").Mode = 0b110_100_100;
        run.New.AddFile("/a/two.txt", "the same\n").Mode = 0b110_100_100;
        run.Old.AddFile("/a/script", "another\n").Mode = 0b110_100_100;
        run.New.AddFile("/a/program", "another\n").Mode = 0b111_101_101;
        Assert.Equal(["Added /a/program", "Removed /a/script", "Moved /a/one.txt -> /a/two.txt"], (await run.RunAsync("Files")).Lines());
    }

    [Fact]
    public async Task Comes_out_the_same_however_small_the_shards()
    {
        using var run = new VolumeRun();
        Tree(run.Old, "/a/Thing.bundle");
        Tree(run.New, "/b/c/Thing.bundle");
        var whole = (await run.RunAsync("Files")).Lines();
        Assert.Equal(whole, (await run.RunAsync("Files", options => options with { ShardBytes = 1 })).Lines());
    }

    private static void Tree(ForgeTree tree, string root, string? difference = null)
    {
        tree.AddFile(root + "/Info.plist", ForgeContent.FromText("info")).Mode = 0b110_100_100;
        tree.AddFile(root + "/Contents/" + (difference == "name" ? "other" : "data"), ForgeContent.Random(difference == "content" ? 2u : 1u, 300_000)).Mode =
            difference == "mode" ? 0b111_101_101 : 0b110_100_100;
        tree.AddSymlink(root + "/broken", difference == "target" ? "gone/too" : "gone/out");
        tree.AddDirectory(root + "/Empty");
    }
}
