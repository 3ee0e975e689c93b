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

    [Theory]
    [InlineData(PlantedSection.Entitlements)]
    [InlineData(PlantedSection.Features)]
    [InlineData(PlantedSection.Launchd)]
    [InlineData(PlantedSection.Localizations)]
    public void Names_exactly_the_planted_keys_and_values(PlantedSection section)
    {
        var planted = Planted(section).ToArray();
        Assert.NotEmpty(planted);
        Assert.Equal(planted.Select(Line).Order(StringComparer.Ordinal), Reported(section.ToString()).Order(StringComparer.Ordinal));
        foreach (var change in planted)
        {
            var item = Items(section.ToString(), GroupOf(change.Kind)).Single(item => Text(item, "volume") == change.Volume && Text(item, "path") == change.Path);
            Assert.Equal(change.Values, SampleDiff.Values(_diff.Details(Text(item, "details")!)));
        }
    }

    [Fact]
    public void Tells_the_same_keys_the_other_way_round()
    {
        using var scratch = Cli.Scratch();
        Cli.Run("diff", Samples.New, Samples.Old, "-o", scratch["back"], "--format", "json", "--handlers", "Entitlements,Features,Launchd,Localizations").Expect(0);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(scratch["back"], "report.json")));
        var told = new List<string>();
        foreach (var section in report.RootElement.GetProperty("sections").EnumerateArray())
        {
            foreach (var group in (string[])["added", "removed", "changed", "moved", "rebuilt", "unreadable"])
            {
                told.AddRange(section.GetProperty(group).EnumerateArray().SelectMany(item => SampleDiff.Values(SampleDiff.Details(scratch["back"], Text(item, "details")!))
                    .Select(value => $"{Text(section, "handler")} {group} {Text(item, "path")} {value.Key}: {value.Old} -> {value.New}")));
            }
        }

        var planted = SampleDiff.Firmware.Changes
            .Where(change => change.Section is PlantedSection.Entitlements or PlantedSection.Features or PlantedSection.Launchd or PlantedSection.Localizations)
            .SelectMany(change => change.Values!.Select(value => $"{change.Section} {Opposite(change.Kind)} {change.Path} {value.Key}: {value.New} -> {value.Old}"));
        Assert.Equal(planted.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Tells_entitlements_by_binary_and_by_key()
    {
        var byBinary = File.ReadAllText(Path.Combine(_diff.Folder, "Entitlements.md"));
        var byKey = File.ReadAllText(Path.Combine(_diff.Folder, "Entitlements by key.md"));
        foreach (var change in Planted(PlantedSection.Entitlements))
        {
            Assert.Contains($"> `{change.Path}`", byBinary, StringComparison.Ordinal);
            foreach (var value in change.Values!)
            {
                var entry = byKey[byKey.IndexOf($"### `{value.Key}`", StringComparison.Ordinal)..];
                var what = value.Old is null ? "Gained by (1)" : value.New is null ? "Lost by (1)" : "Value changed in (1)";
                Assert.StartsWith($"### `{value.Key}`\n\n{what}:\n\n- FileSystem: `{change.Path}`", entry, StringComparison.Ordinal);
            }
        }

        Assert.Contains("](Entitlements.md)", File.ReadAllText(Path.Combine(_diff.Folder, "README.md")), StringComparison.Ordinal);
    }

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

    internal static string Line(PlantedChange change) =>
        $"{GroupOf(change.Kind)} {change.Volume} {change.Path}{(change.OldPath is null ? string.Empty : " from " + change.OldPath)}";

    // A binary that was only signed again stands with those that were only linked again; its item says which of the two it is.
    private static string GroupOf(PlantedKind kind) => (kind == PlantedKind.Resigned ? PlantedKind.Rebuilt : kind).ToString().ToLowerInvariant();

    private static string Opposite(PlantedKind kind) => kind switch
    {
        PlantedKind.Added => "removed",
        PlantedKind.Removed => "added",
        _ => "changed",
    };

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

        public JsonElement Details(string name) => Details(Folder, name);

        public static JsonElement Details(string folder, string name)
        {
            using var file = new GZipStream(File.OpenRead(Path.Combine(folder, name)), CompressionMode.Decompress);
            using var document = JsonDocument.Parse(file);
            return document.RootElement.Clone();
        }

        public string ComparableSections() => ComparableSections(Folder);

        /// <summary>The keyed values of an item in the form in which they were planted.</summary>
        public static IEnumerable<PlantedValue> Values(JsonElement details) => details.GetProperty("values").EnumerateArray().Select(value => new PlantedValue(
            string.Join('/', value.GetProperty("key").EnumerateArray().Select(part => part.GetString())), Plain(value, "old"), Plain(value, "new")));

        private static string? Plain(JsonElement change, string side) => change.TryGetProperty(side, out var value) ? Plain(value) : null;

        private static string Plain(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Array => string.Join(' ', value.EnumerateArray().Select(Plain)),
            _ => value.GetRawText(),
        };

        /// <summary>Everything of the sections but how long they took, and all details.</summary>
        public static string ComparableSections(string folder)
        {
            using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "report.json")));
            return string.Join('\n', report.RootElement.GetProperty("sections").EnumerateArray().SelectMany(section => section.EnumerateObject()
                .Where(property => property.Name != "durationSeconds").Select(property => $"{property.Name}: {property.Value.GetRawText()}"))
                .Concat(Directory.EnumerateFiles(Path.Combine(folder, "items"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                    .Select(file => Details(folder, Path.GetRelativePath(folder, file)).GetRawText())));
        }

        public void Dispose()
        {
            _report.Dispose();
            _scratch.Dispose();
        }
    }
}
