using CsCheck;
using IpswDiff.Diffing.Registry;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;

namespace IpswDiff.Diffing.Tests.Signal;

public class ItemSignalTests
{
    private static readonly BinarySummary Empty = new() { Sections = [], Dylibs = [] };

    private static SliceChange Slice(params string[] what) => new() { Arch = "arm64e", Old = Empty, New = Empty, What = what };

    private static (ChangeClass? Class, int? Score) Of(SliceChange slice, string handler = "MachO") => ItemSignal.Of(
        HandlerRegistry.SectionOf(handler).Classes, ItemGroup.Changed, new ReportItem { Path = "/x" }, new ItemDetails { Path = "/x", Slices = [slice] });

    private static SymbolChanges Added(string kind, params string[] names) => new([.. names.Select(name => new SymbolUse(name, kind))], [], []);

    [Fact]
    public void Residue_alone_is_residue() =>
        Assert.Equal(ChangeClass.Residue, Of(Slice("symbols") with { Symbols = Added("local", "GCC_except_table7") }).Class);

    [Fact]
    public void A_new_version_alone_is_rebuilt() => Assert.Equal(ChangeClass.Rebuilt, Of(Slice("version", "uuid")).Class);

    [Theory]
    [InlineData("__DATA_CONST.__objc_classlist", ChangeClass.Moved)]
    [InlineData("__TEXT.__cstring", ChangeClass.Data)]
    [InlineData("__TEXT.__unwind_info", ChangeClass.Residue)]
    [InlineData("__TEXT.__info_plist", ChangeClass.Interface)]
    public void Content_of_the_same_size_counts_by_section(string section, ChangeClass expected) =>
        Assert.Equal(expected, Of(Slice("content") with { SameSizeSections = [new ChangedSection(section, false)] }).Class);

    [Theory]
    [InlineData("Aug 11 2026", ChangeClass.Residue)]
    [InlineData("hello", ChangeClass.Data)]
    public void Strings_speak_for_the_section_they_lie_in(string text, ChangeClass expected) => Assert.Equal(expected, Of(Slice("content", "cstrings") with
    {
        SameSizeSections = [new ChangedSection("__TEXT.__cstring", false)],
        CStrings = new TextChanges([text], []),
    }).Class);

    [Theory]
    [InlineData(true, ChangeClass.Code)]
    [InlineData(false, ChangeClass.Moved)]
    public void Code_that_only_moved_is_not_code(bool hasOtherCode, ChangeClass expected)
    {
        var slice = Slice(hasOtherCode ? ["sections", "code"] : ["sections"]) with
        {
            Old = Empty with { Sections = [new SectionSize("__TEXT.__text", 16)] },
            New = Empty with { Sections = [new SectionSize("__TEXT.__text", 32)] },
        };
        Assert.Equal(expected, Of(slice).Class);
    }

    [Theory]
    [InlineData("export", ChangeClass.Interface)]
    [InlineData("weak", ChangeClass.Interface)]
    [InlineData("import", ChangeClass.Code)]
    [InlineData("private", ChangeClass.Code)]
    [InlineData("local", ChangeClass.Code)]
    public void Symbols_count_by_kind(string kind, ChangeClass expected) => Assert.Equal(expected, Of(Slice("symbols") with { Symbols = Added(kind, "_f") }).Class);

    [Theory]
    [InlineData("weak", "private", ChangeClass.Interface)]
    [InlineData("export", "weak", ChangeClass.Interface)]
    [InlineData("local", "private", ChangeClass.Code)]
    public void Another_kind_counts_as_interface_where_others_could_bind_to_it(string old, string @new, ChangeClass expected) =>
        Assert.Equal(expected, Of(Slice("symbols") with { Symbols = new SymbolChanges([], [], [new SymbolKindChange("_f", old, @new)]) }).Class);

    [Theory]
    [InlineData("MachO", ItemGroup.Added, "/usr/bin/x", ChangeClass.Interface)]
    [InlineData("Files", ItemGroup.Added, "/usr/bin/x", ChangeClass.Data)]
    [InlineData("Files", ItemGroup.Removed, "/System/Library/LaunchDaemons/x.plist", ChangeClass.Interface)]
    [InlineData("Files", ItemGroup.Changed, "/x.app/_CodeSignature/CodeResources", ChangeClass.Rebuilt)]
    [InlineData("Entitlements", ItemGroup.Changed, "/usr/bin/x", ChangeClass.Interface)]
    [InlineData("Localizations", ItemGroup.Changed, "x.strings", ChangeClass.Data)]
    [InlineData("MachO", ItemGroup.Moved, "/usr/bin/x", ChangeClass.Moved)]
    [InlineData("MachO", ItemGroup.Rebuilt, "/usr/bin/x", ChangeClass.Rebuilt)]
    public void Items_without_details_count_by_what_they_are(string handler, ItemGroup group, string path, ChangeClass expected) =>
        Assert.Equal(expected, ItemSignal.Of(HandlerRegistry.SectionOf(handler).Classes, group, new ReportItem { Path = path }, null).Class);

    [Fact]
    public void What_could_not_be_read_has_no_score() => Assert.Equal((null, null), ItemSignal.Of(ItemClasses.OfBinaries, ItemGroup.Unreadable, new ReportItem { Path = "/x" }, null));

    [Fact]
    public void Scores_keep_to_the_band_of_their_class_and_never_fall_when_more_changes() =>
        Gen.Select(Gen.Int[0, 5], Gen.Long[1, 1L << 40], Gen.Long[0, 1L << 40]).Sample((of, count, more) =>
        {
            var (tally, larger) = (new ClassTally(), new ClassTally());
            tally.Add((ChangeClass)of, count);
            larger.Add((ChangeClass)of, count + more);
            var (_, lowest, highest) = ItemSignal.Bands[of];
            Assert.InRange(ItemSignal.Score(tally), lowest, highest);
            Assert.True(ItemSignal.Score(larger) >= ItemSignal.Score(tally));
        });

    [Fact]
    public void Bands_follow_the_classes_without_gaps()
    {
        Assert.Equal(Enum.GetValues<ChangeClass>(), ItemSignal.Bands.Select(band => band.Class));
        Assert.Equal((0, 100), (ItemSignal.Bands[0].Lowest, ItemSignal.Bands[^1].Highest));
        Assert.All(ItemSignal.Bands.Zip(ItemSignal.Bands.Skip(1)), pair => Assert.Equal(pair.First.Highest + 1, pair.Second.Lowest));
    }
}
