using CsCheck;
using IpswDiff.Diffing.Results;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Plist;
using IpswDiff.Forge.Udif;

namespace IpswDiff.Diffing.Tests.Handlers;

/// <summary>A role whose images are one for each group of boards, as macOS 27 has them.</summary>
public class SplitVolumeTests
{
    private const string SystemOs = "Cryptex1,SystemOS";
    private const string Daemon = "/System/Library/LaunchDaemons/com.example.";

    [Theory]
    [InlineData("Files")]
    [InlineData("Launchd")]
    public async Task Splitting_a_role_over_boards_never_changes_the_findings(string handler)
    {
        var trees = Gen.Select(Gen.Int[0, 3].Array[6], Gen.Int[0, 3].Array[6]).Single();
        await CheckAsync(handler, trees.Item1, trees.Item2);
        await CheckAsync(handler, [1, 1, 1, 0, 2, 3], [1, 2, 0, 1, 2, 1]);
    }

    [Fact]
    public async Task What_one_group_alone_has_stands_with_its_boards_and_the_rest_is_told_once()
    {
        var special = Tree([1, 2, 0]);
        special.AddFile("/only/here", "x");
        var @new = Firmware("1.1", ("a", Tree([1, 2, 0]), "A"), ("b", special, "B"));
        using var firmwares = new ForgedFirmwares(Firmware("1.0", ("a b", Tree([1, 1, 0]), "Old")), @new);
        var files = await firmwares.RunAsync("Files");
        Assert.Equal([("SystemOS (bap)", "/only", "bap"), ("SystemOS (bap)", "/only/here", "bap")], files.Items[ItemGroup.Added]
            .Where(item => item.Volume != "IPSW").Select(item => (item.Volume!, item.Path, string.Join(' ', item.Boards ?? []))));
        Assert.Equal([("SystemOS", Daemon + "1.plist")], files.Items[ItemGroup.Changed]
            .Where(item => item.Volume != "IPSW").Select(item => (item.Volume!, item.Path)));
        Assert.Equal(1, (await firmwares.RunAsync("Launchd")).Items[ItemGroup.Changed].Count);
    }

    [Fact]
    public async Task A_device_chooses_the_volumes_of_its_board()
    {
        var @new = Firmware("1.1", ("a", Tree([1, 2]), "A"), ("b", Tree([2, 1]), "B"));
        using var firmwares = new ForgedFirmwares(Firmware("1.0", ("a b", Tree([1, 1]), "Old")), @new);
        var report = await firmwares.RunAsync("Launchd", options => options with { Device = "bap" });
        report.AssertItems(changed: [Daemon + "0.plist"]);
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => firmwares.RunAsync("Launchd", options => options with { Device = "cap" }));
        Assert.Contains("there are aap, bap", fault.Message, StringComparison.Ordinal);
    }

    private static async Task CheckAsync(string handler, int[] old, int[] @new)
    {
        var plain = await FindAsync(handler, Firmware("1.0", ("a b", Tree(old), "Old")), Firmware("1.1", ("a b", Tree(@new), "New")));
        foreach (var (before, after) in new[]
        {
            (Firmware("1.0", ("a b", Tree(old), "Old")), Firmware("1.1", ("a", Tree(@new), "A"), ("b", Tree(@new), "B"))),
            (Firmware("1.0", ("a", Tree(old), "A"), ("b", Tree(old), "B")), Firmware("1.1", ("a b", Tree(@new), "New"))),
            (Firmware("1.0", ("a", Tree(old), "A"), ("b", Tree(old), "B")), Firmware("1.1", ("b", Tree(@new), "B2"), ("a", Tree(@new), "A2"))),
        })
        {
            Assert.Equal(plain, await FindAsync(handler, before, after));
        }
    }

    // Members of the archive differ by the number of images, of course.
    private static async Task<string> FindAsync(string handler, IpswBuilder old, IpswBuilder @new)
    {
        using var firmwares = new ForgedFirmwares(old, @new);
        var report = await firmwares.RunAsync(handler);
        Assert.Equal(SectionState.Complete, report.Section.State);
        return string.Join('\n', report.Items.OrderBy(group => group.Key).SelectMany(group => group.Value
            .Where(item => item.Volume != "IPSW")
            .Select(item => $"{group.Key} {item.Volume}:{item.Path} {item.Score} {string.Join(' ', item.What ?? [])}"
                + (item.Details is null ? string.Empty : string.Concat(report.Values($"{item.Volume}:{item.Path}"))))));
    }

    // A file for each number, with that in it; none for zero.
    private static ForgeTree Tree(int[] values)
    {
        var tree = new ForgeTree();
        tree.AddDirectory("/System/Library/LaunchDaemons");
        foreach (var (index, value) in values.Index().Where(value => value.Item > 0))
        {
            var job = ForgePlist.Dict(("Label", $"com.example.{index}"), ("Program", $"/usr/libexec/{value}"));
            tree.AddFile($"{Daemon}{index}.plist", ForgeContent.FromBytes(XmlPlistWriter.Write(job)));
        }

        return tree;
    }

    // Images of the same files under other names are other bytes, so that no digest tells that they are alike.
    private static IpswBuilder Firmware(string version, params (string Boards, ForgeTree Tree, string Name)[] systems)
    {
        var builder = new IpswBuilder(version, "1A" + version[^1]).AddBoard("aap", "Mac1,1").AddBoard("bap", "Mac1,2", boardId: 0x10);
        builder.AddVolume("OS", "010-00000-001.dmg", Image("Root", new ForgeTree()));
        foreach (var (index, system) in systems.Index())
        {
            string[] boards = [.. system.Boards.Split(' ').Select(board => board + "ap")];
            builder.AddVolume(SystemOs, $"010-00000-00{index + 2}.dmg", Image(system.Name, system.Tree), boards);
        }

        return builder;
    }

    private static ForgeContent Image(string name, ForgeTree tree)
    {
        using var stream = new MemoryStream();
        ForgeImage.WriteDmg(stream, [new ApfsVolume(name, tree)]);
        return ForgeContent.FromBytes(stream.ToArray());
    }
}
