using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Forge.Samples;

namespace IpswDiff.EndToEnd;

/// <summary>The main job on the sample firmwares: the report names exactly what the Forge planted.</summary>
public sealed class SampleDiffTests : IClassFixture<SampleDiffTests.SampleDiff>
{
    private readonly SampleDiff _diff;

    public SampleDiffTests(SampleDiff diff) => _diff = diff;

    [Fact]
    public void Names_exactly_the_planted_changes_of_binaries() => Assert.Equal(
        Planted(PlantedSection.MachO).Where(change => change.Kind != PlantedKind.Identical).Select(Line).Order(StringComparer.Ordinal),
        Reported("MachO").Order(StringComparer.Ordinal));

    [Fact]
    public void Names_exactly_the_planted_changes_of_files() => Assert.Equal(
        Planted(PlantedSection.Files).Where(change => change.Kind != PlantedKind.Identical).Select(Line).Order(StringComparer.Ordinal),
        Reported("Files").Order(StringComparer.Ordinal));

    [Fact]
    public void Says_of_every_changed_file_what_was_planted()
    {
        var changed = Items("Files", "changed").ToDictionary(item => $"{Text(item, "volume")} {Text(item, "path")}", StringComparer.Ordinal);
        foreach (var planted in Planted(PlantedSection.Files).Where(change => change.Kind == PlantedKind.Changed))
        {
            var item = changed[$"{planted.Volume} {planted.Path}"];
            AssertFacts(planted.OldFile!, item.GetProperty("old"));
            AssertFacts(planted.NewFile!, item.GetProperty("new"));
        }
    }

    [Fact]
    public void Says_of_every_changed_binary_what_was_planted()
    {
        var planted = Planted(PlantedSection.MachO).Where(change => change is { Kind: PlantedKind.Changed, Slices: not null }).ToArray();
        Assert.True(planted.Length >= 8);
        foreach (var change in planted)
        {
            var item = Items("MachO", "changed").Single(item => Text(item, "volume") == change.Volume && Text(item, "path") == change.Path);
            var slices = _diff.Details(Text(item, "details")!).GetProperty("slices").EnumerateArray()
                .ToDictionary(slice => Text(slice, "arch")!, StringComparer.Ordinal);
            foreach (var slice in change.Slices!)
            {
                AssertSlice(slice, slices[slice.Arch]);
            }
        }
    }

    [Fact]
    public void Tells_signed_again_from_linked_again()
    {
        var what = Items("MachO", "rebuilt").ToDictionary(item => Text(item, "path")!, item => Names(item.GetProperty("what")), StringComparer.Ordinal);
        foreach (var planted in Planted(PlantedSection.MachO).Where(change => change.Kind is PlantedKind.Rebuilt or PlantedKind.Resigned))
        {
            Assert.Equal(planted.Kind == PlantedKind.Resigned ? ["signature"] : ["uuid"], what[planted.Path]);
        }
    }

    [Fact]
    public void Comes_out_the_same_without_proofs_and_whatever_the_parallelism()
    {
        using var scratch = Cli.Scratch();
        string[][] variants = [["--parallelism", "1"], ["--parallelism", "7"], ["--exhaustive"], ["--memory-limit", "128M"]];
        var expected = _diff.ComparableSections();
        for (var i = 0; i < variants.Length; i++)
        {
            var output = scratch[i.ToString(System.Globalization.CultureInfo.InvariantCulture)];
            Cli.Run(["diff", Samples.Old, Samples.New, "--strings", "-o", output, .. variants[i]]).Expect(0);
            Assert.Equal(expected, SampleDiff.ComparableSections(output));
        }
    }

    [Fact]
    public void Skips_a_volume_whose_digest_is_the_same_and_says_so()
    {
        Assert.Equal(1, _diff.Report.GetProperty("run").GetProperty("skipped").GetProperty("volume digest").GetInt32());
        Assert.DoesNotContain(Reported("Files"), line => line.Contains("AppOS", StringComparison.Ordinal));
    }

    [Fact]
    public void Writes_a_page_for_every_changed_binary_and_links_it()
    {
        var readme = File.ReadAllText(Path.Combine(_diff.Folder, "README.md"));
        foreach (var change in Planted(PlantedSection.MachO).Where(change => change.Kind == PlantedKind.Changed))
        {
            var page = $"MACHOS/{change.Volume}{change.Path}.md";
            Assert.Contains($"]({string.Join('/', page.Split('/').Select(Uri.EscapeDataString))})", readme, StringComparison.Ordinal);
            Assert.Contains($"> `{change.Path}`", File.ReadAllText(Path.Combine(_diff.Folder, page)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_firmware_against_itself_has_no_changes()
    {
        using var scratch = Cli.Scratch();
        Cli.Run("diff", Samples.New, Samples.New, "-o", scratch["same"], "--exhaustive", "--exit-code").Expect(0);
        Cli.Run("diff", Samples.Old, Samples.New, "--exit-code", "--quiet").Expect(1);
    }

    private static IEnumerable<PlantedChange> Planted(PlantedSection section) => SampleDiff.Firmware.Changes.Where(change => change.Section == section);

    private static string Line(PlantedChange change) =>
        $"{GroupOf(change.Kind)} {change.Volume} {change.Path}{(change.OldPath is null ? string.Empty : " from " + change.OldPath)}";

    // A binary that was only signed again stands with those that were only linked again; its item says which of the two it is.
    private static string GroupOf(PlantedKind kind) => (kind == PlantedKind.Resigned ? PlantedKind.Rebuilt : kind).ToString().ToLowerInvariant();

    private IEnumerable<string> Reported(string handler) => ((string[])["added", "removed", "changed", "moved", "rebuilt", "unreadable"])
        .SelectMany(group => Items(handler, group).Select(item =>
            $"{group} {Text(item, "volume")} {Text(item, "path")}{(Text(item, "fromPath") is { } from ? " from " + from : string.Empty)}"));

    private JsonElement.ArrayEnumerator Items(string handler, string group) => _diff.Report.GetProperty("sections").EnumerateArray()
        .Single(section => Text(section, "handler") == handler).GetProperty(group).EnumerateArray();

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static void AssertFacts(FileState planted, JsonElement reported)
    {
        Assert.Equal(planted.Kind, Text(reported, "kind"));
        Assert.Equal(planted.Target, Text(reported, "target"));
        Assert.Equal(planted.Size, reported.GetProperty("size").GetInt64());
        if (planted.Mode is not null)
        {
            Assert.Equal(planted.Mode.PadLeft(4, '0'), Text(reported, "mode"));
        }
    }

    private static void AssertSlice(PlantedSlice planted, JsonElement reported)
    {
        var (old, @new) = (reported.GetProperty("old"), reported.GetProperty("new"));
        Assert.Equal(planted.OldUuid, Text(old, "uuid"));
        Assert.Equal(planted.NewUuid, Text(@new, "uuid"));
        Assert.Equal(planted.OldSourceVersion, Text(old, "version"));
        Assert.Equal(planted.NewSourceVersion, Text(@new, "version"));
        Assert.Equal(planted.OldFunctionCount ?? 0, old.GetProperty("functions").GetInt32());
        Assert.Equal(planted.NewFunctionCount ?? 0, @new.GetProperty("functions").GetInt32());
        var symbols = reported.GetProperty("symbols");
        Assert.Equal(planted.SymbolsAdded, Names(symbols.GetProperty("added"), "name"));
        Assert.Equal(planted.SymbolsRemoved, Names(symbols.GetProperty("removed"), "name"));
        var strings = reported.GetProperty("cStrings");
        Assert.Equal(planted.CStringsAdded, strings.GetProperty("added").EnumerateArray().Select(value => value.GetString()));
        Assert.Equal(planted.CStringsRemoved, strings.GetProperty("removed").EnumerateArray().Select(value => value.GetString()));
        var (before, after) = (Names(old.GetProperty("dylibs"), "name"), Names(@new.GetProperty("dylibs"), "name"));
        Assert.Equal(planted.DylibsAdded, after.Except(before));
        Assert.Equal(planted.DylibsRemoved, before.Except(after));
        Assert.Equal(planted.Sections.Select(section => section.Name), ChangedSections(reported).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> ChangedSections(JsonElement slice)
    {
        var old = Sizes(slice.GetProperty("old"));
        var @new = Sizes(slice.GetProperty("new"));
        return old.Keys.Union(@new.Keys).Where(name => !old.TryGetValue(name, out var before) || !@new.TryGetValue(name, out var after) || before != after)
            .Concat(Names(slice.GetProperty("sameSizeSections"), "name"));
    }

    private static Dictionary<string, long> Sizes(JsonElement side) => side.GetProperty("sections").EnumerateArray()
        .ToDictionary(section => Text(section, "name")!, section => section.GetProperty("size").GetInt64(), StringComparer.Ordinal);

    private static string[] Names(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetString()!)];

    private static string[] Names(JsonElement list, string property) => [.. list.EnumerateArray().Select(item => Text(item, property)!)];

    /// <summary>One run of the main job for all tests of the class.</summary>
    public sealed class SampleDiff : IDisposable
    {
        private readonly ScratchFolder _scratch = Cli.Scratch();
        private readonly JsonDocument _report;

        public SampleDiff()
        {
            Cli.Run("diff", Samples.Old, Samples.New, "--strings", "-o", Folder).Expect(0);
            _report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "report.json")));
        }

        public static SampleFirmware Firmware { get; } = new();

        public string Folder => _scratch["report"];

        public JsonElement Report => _report.RootElement;

        public JsonElement Details(string name)
        {
            using var file = new GZipStream(File.OpenRead(Path.Combine(Folder, name)), CompressionMode.Decompress);
            using var document = JsonDocument.Parse(file);
            return document.RootElement.Clone();
        }

        public string ComparableSections() => ComparableSections(Folder);

        /// <summary>Everything of the sections but how long they took.</summary>
        public static string ComparableSections(string folder)
        {
            using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "report.json")));
            return string.Join('\n', report.RootElement.GetProperty("sections").EnumerateArray().SelectMany(section => section.EnumerateObject()
                .Where(property => property.Name != "durationSeconds").Select(property => $"{property.Name}: {property.Value.GetRawText()}")));
        }

        public void Dispose()
        {
            _report.Dispose();
            _scratch.Dispose();
        }
    }
}
