using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Forge.Img4;

namespace IpswDiff.Diffing.Tests.Handlers.Kernelcache;

/// <summary>Several kernelcaches in one firmware: which faces which, which are left out, and which cannot be read.</summary>
public sealed class KernelcacheBoardsTests
{
    private const string Handler = "Kernelcache";

    private static readonly byte[] Old = KernelcachePlants.Pack(KernelcachePlants.Old());
    private static readonly byte[] New = KernelcachePlants.Pack(KernelcachePlants.New());

    [Fact]
    public async Task Compares_every_board_and_says_which_kernelcache_an_item_is_of()
    {
        using var pair = new ForgedFirmwares(
            KernelcachePlants.Firmware(false, ("kernelcache.release.a", Old, ["a1ap", "a2ap"]), ("kernelcache.release.b", New, ["b1ap"]), ("kernelcache.release.same", Old, ["c1ap"])),
            KernelcachePlants.Firmware(true, ("kernelcache.release.x", New, ["a1ap", "a2ap"]), ("kernelcache.release.b", Old, ["b1ap"]), ("kernelcache.release.same", Old, ["c1ap"])));
        var report = await pair.RunAsync(Handler);
        Assert.Equal(SectionState.Complete, report.Section.State);
        Assert.Equal(1, report.Run.Skipped["kernelcache digest"]);
        Assert.Equal(
            ["kernelcache.release.x:com.apple.driver.Added", "kernelcache.release.b:com.apple.driver.Gone", "kernelcache.release.b:com.apple.kpi.gone"],
            report.Items[ItemGroup.Added].Select(item => $"{item.Volume}:{item.Path}"));
        Assert.Equal(8, report.Items[ItemGroup.Changed].Count);
        Assert.Equal(["kernelcache.release.b", "kernelcache.release.x"], report.Section.Facts.Select(fact => fact.Container!).Distinct());
        Assert.Contains("### Version (kernelcache.release.b)", report.Readme, StringComparison.Ordinal);

        var exhaustive = await pair.RunAsync(Handler, options => options with { Exhaustive = true });
        Assert.Equal(report.Paths(ItemGroup.Changed), exhaustive.Paths(ItemGroup.Changed));
        Assert.False(exhaustive.Run.Skipped.ContainsKey("kernelcache digest"));
    }

    [Fact]
    public async Task A_device_restricts_the_run_to_its_kernelcache()
    {
        using var pair = new ForgedFirmwares(
            KernelcachePlants.Firmware(false, ("kernelcache.release.a", Old, ["a1ap"]), ("kernelcache.release.b", New, ["b1ap"])),
            KernelcachePlants.Firmware(true, ("kernelcache.release.a", New, ["a1ap"]), ("kernelcache.release.b", Old, ["b1ap"])));
        var report = await pair.RunAsync(Handler, options => options with { Device = "B1AP" });
        Assert.Equal(["com.apple.driver.Added"], report.Paths(ItemGroup.Removed));
        Assert.All(report.Items.Values.SelectMany(items => items), item => Assert.Null(item.Volume));
        var misuse = await Assert.ThrowsAsync<ArgumentException>(() => pair.RunAsync(Handler, options => options with { Device = "z9ap" }));
        Assert.Equal("there is no board 'z9ap' in either firmware; there are a1ap, b1ap", misuse.Message);
    }

    [Fact]
    public async Task A_kernelcache_of_one_side_is_listed_as_a_whole()
    {
        using var pair = new ForgedFirmwares(
            KernelcachePlants.Firmware(false, ("kernelcache.release.a", Old, ["a1ap"]), ("kernelcache.release.gone", Old, ["b1ap"])),
            KernelcachePlants.Firmware(true, ("kernelcache.release.a", Old, ["a1ap"]), ("kernelcache.release.new", New, ["c1ap"])));
        var report = await pair.RunAsync(Handler);
        report.AssertItems(added: ["kernelcache.release.new"], removed: ["kernelcache.release.gone"]);
        Assert.Equal(5, report.Items[ItemGroup.Added][0].Counts!["kexts"]);
        Assert.Contains(new SectionFact("Version", "kernelcache.release.new", null, "25.6.0"), report.Section.Facts);
    }

    [Fact]
    public async Task What_cannot_be_read_is_listed_with_its_reason_and_the_rest_goes_on()
    {
        var encrypted = new Im4pWriter("krnl", "1") { KeybagSeed = 3 }.Write(KernelcachePlants.New().Build());
        var cut = New[..(New.Length / 2)];
        using var pair = new ForgedFirmwares(
            KernelcachePlants.Firmware(false, ("kernelcache.release.a", Old, ["a1ap"]), ("kernelcache.release.b", Old, ["b1ap"]), ("kernelcache.release.c", Old, ["c1ap"])),
            KernelcachePlants.Firmware(true, ("kernelcache.release.a", encrypted, ["a1ap"]), ("kernelcache.release.b", cut, ["b1ap"]), ("kernelcache.release.c", New, ["c1ap"])));
        var report = await pair.RunAsync(Handler);
        Assert.Equal(SectionState.Incomplete, report.Section.State);
        Assert.Equal(["kernelcache.release.a", "kernelcache.release.b"], report.Paths(ItemGroup.Unreadable));
        Assert.Contains("kernelcache.release.a: Image4", report.Items[ItemGroup.Unreadable][0].Reason, StringComparison.Ordinal);
        Assert.Contains("encrypted", report.Items[ItemGroup.Unreadable][0].Reason, StringComparison.Ordinal);
        Assert.Equal(4, report.Items[ItemGroup.Changed].Count);
    }

    [Fact]
    public async Task A_damaged_kernelcache_named_on_its_own_is_refused()
    {
        using var pair = new ForgedFirmwares("a.im4p", Old, "b.im4p", new Im4pWriter("krnl", "1").Write([1, 2, 3, 4, 5, 6, 7, 8]));
        var refusal = await Assert.ThrowsAsync<DiffFailedException>(() => pair.RunAsync(Handler));
        Assert.Contains("no kernelcache", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_kext_leaves_the_others_readable()
    {
        var cache = KernelcachePlants.New();
        var bytes = cache.Build();
        var at = (int)Formats.Kernelcache.KernelcacheFile.Open(new Formats.Bytes.MemoryByteSource(bytes)).Image.FilesetEntries
            .Single(entry => entry.Id == "com.apple.driver.Symbols").FileOffset;
        bytes.AsSpan(at, 4).Fill(0xEE);
        using var pair = new ForgedFirmwares("a", KernelcachePlants.Old().Build(), "b", bytes);
        var report = await pair.RunAsync(Handler);
        Assert.Equal(["com.apple.driver.Symbols"], report.Paths(ItemGroup.Unreadable));
        Assert.Equal(["com.apple.driver.Code", "com.apple.driver.Plist", "com.apple.kpi.bsd"], report.Paths(ItemGroup.Changed));
    }

    [Fact]
    public void Matches_by_board_then_by_name_then_by_variant()
    {
        Assert.Equal(["a→x", "b→b"], Match([Cache("a", "1", "2"), Cache("b", "3")], [Cache("x", "2"), Cache("b", "3")]));

        // One becomes two: both are compared with what their boards booted before.
        Assert.Equal(["a→p", "a→q"], Match([Cache("a", "1", "2")], [Cache("p", "1"), Cache("q", "2")]));
        Assert.Equal(["k.release.a→k.release.b", "k.research.a→k.research.b"], Match([Cache("k.research.a", "1"), Cache("k.release.a", "1")], [Cache("k.release.b", "1"), Cache("k.research.b", "1")]));
        Assert.Equal(["–→k.research.a", "k.release.a→k.release.a"], Match([Cache("k.release.a", "1")], [Cache("k.research.a", "1"), Cache("k.release.a", "1")]));
        Assert.Equal(["a→a", "–→c", "b→–"], Match([Cache("b"), Cache("a")], [Cache("a"), Cache("c")]));
        Assert.Equal(["a→z"], Match([Cache("a")], [Cache("z")]));
        Assert.Equal(["a→a"], Match([Cache("a")], [Cache("a", "1")]));
        Assert.Equal(["b→q"], Match([Cache("a", "1"), Cache("b", "2")], [Cache("p", "1"), Cache("q", "2")], board: "2"));
    }

    private static InputKernelcache Cache(string name, params string[] boards) => new(name, boards, null, 1, () => throw new InvalidOperationException());

    private static IEnumerable<string> Match(InputKernelcache[] old, InputKernelcache[] @new, string? board = null) =>
        KernelcacheMatching.Match(old, @new, board).Select(match => $"{match.Old?.Name ?? "–"}→{match.New?.Name ?? "–"}");
}
