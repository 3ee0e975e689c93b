using System.Text;
using IpswDiff.Diffing.Handlers.Localizations;
using IpswDiff.Diffing.Results;
using IpswDiff.Forge.Plist;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Diffing.Tests.Handlers.Localizations;

public sealed class LocalizationsTests
{
    private const string Kit = "/System/Library/Frameworks/Kit.framework/";

    [Fact]
    public async Task Reads_strings_in_every_form_and_encoding()
    {
        const string Text = "/* greeting */\n\"HELLO\" = \"Hello \\\"you\\\"\";\nBYE = \"Bye\"; // plain key\n";
        using var run = new VolumeRun();
        run.Old.AddFile(Kit + "en.lproj/A.strings", Text);
        run.New.AddFile(Kit + "en.lproj/A.strings", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Text)]);
        run.Old.AddFile(Kit + "en.lproj/B.strings", Text);
        run.New.AddFile(Kit + "en.lproj/B.strings", BinaryPlistWriter.Write(Dict(("BYE", "See you"), ("HELLO", "Hello \"you\""))));
        var report = await run.RunAsync("Localizations");
        Assert.Equal([$"Changed {Kit}en.lproj/B.strings"], report.Lines());
        Assert.Equal(["BYE: \"Bye\" -> \"See you\""], report.Values(Kit + "en.lproj/B.strings"));
    }

    [Fact]
    public async Task Reads_plurals_and_tables_of_locales()
    {
        using var run = new VolumeRun();
        run.Old.AddFile(Kit + "en.lproj/A.stringsdict", XmlPlistWriter.Write(Dict(("files", Dict(("one", "a file"), ("other", "%d files"))))));
        run.New.AddFile(Kit + "en.lproj/A.stringsdict", XmlPlistWriter.Write(Dict(("files", Dict(("one", "one file"), ("other", "%d files"))))));
        run.Old.AddFile(Kit + "A.loctable", BinaryPlistWriter.Write(Dict(("en_US", Dict(("K", "x"))), ("de", Dict(("K", "d"))), ("LocProvenance", Dict(("en", 1))))));
        run.New.AddFile(Kit + "A.loctable", BinaryPlistWriter.Write(Dict(("en", Dict(("K", "y"))), ("de", Dict(("K", "e"))), ("LocProvenance", Dict(("en", 2))))));
        var report = await run.RunAsync("Localizations");
        Assert.Equal(["files/one: \"a file\" -> \"one file\""], report.Values(Kit + "en.lproj/A.stringsdict"));
        Assert.Equal(["en/K: \"x\" -> \"y\""], report.Values(Kit + "A.loctable"));
        report = await run.RunAsync("Localizations", options => options with { Locales = ["all"] });
        Assert.Equal(["de/K: \"d\" -> \"e\"", "en/K: \"x\" -> \"y\""], report.Values(Kit + "A.loctable"));
    }

    [Theory]
    [InlineData("en", "en.lproj,en_US.lproj,English.lproj,Base.lproj,none")]
    [InlineData("de", "German.lproj,de.lproj,none")]
    [InlineData("en-GB", "en_GB.lproj,none")]
    [InlineData("all", "Base.lproj,English.lproj,German.lproj,de.lproj,en.lproj,en_GB.lproj,en_US.lproj,none")]
    public async Task Reads_the_wanted_locales(string wanted, string folders)
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/x", "x");
        foreach (var folder in (string[])["en.lproj", "en_US.lproj", "en_GB.lproj", "English.lproj", "Base.lproj", "de.lproj", "German.lproj", "none"])
        {
            run.New.AddFile($"{Kit}{folder}/A.strings", $"\"K\" = \"{folder}\";");
        }

        var report = await run.RunAsync("Localizations", options => options with { Locales = [wanted] });
        Assert.Equal(
            folders.Split(',').Order(StringComparer.Ordinal),
            report.Paths(ItemGroup.Added).Select(path => path.Split('/')[^2]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Refuses_a_filter_without_names()
    {
        Assert.Throws<ArgumentException>(() => new LocaleFilter([]));
        Assert.Throws<ArgumentException>(() => new LocaleFilter([" "]));
    }

    [Fact]
    public async Task An_empty_table_says_nothing_and_garbage_is_unreadable()
    {
        using var run = new VolumeRun();
        run.Old.AddFile(Kit + "A.strings", System.Array.Empty<byte>());
        run.New.AddFile(Kit + "A.strings", "\"K\" = \"v\";");
        run.Old.AddFile(Kit + "B.strings", "\"K\" = \"v\";");
        run.New.AddFile(Kit + "B.strings", "\"K\" = \"v");
        var report = await run.RunAsync("Localizations");
        Assert.Equal([$"Changed {Kit}A.strings", $"Unreadable {Kit}B.strings"], report.Lines());
    }
}
