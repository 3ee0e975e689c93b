using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Tests.Plist;

public sealed class OpenStepPlistTests
{
    [Fact]
    public void Reads_a_strings_file()
    {
        const string Text = """
            /* Title of the window */
            "Title" = "Settings";
            // plain keys are possible too
            Plain_Key = "two\nlines \"quoted\" \U00e9";
            "Alone";
            """;

        Assert.Equal("{\"Title\":\"Settings\",\"Plain_Key\":\"two\\nlines \\\"quoted\\\" é\",\"Alone\":\"Alone\"}", Parse(Text).ToString());
    }

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-16BE", false)]
    public void Reads_every_encoding(string name, bool mark)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. mark ? encoding.GetPreamble() : [], .. encoding.GetBytes("\"a\" = \"検索\";")];

        Assert.Equal("検索", PropertyList.ParseDictionary(bytes).String("a"));
    }

    [Fact]
    public void Reads_dictionaries_arrays_and_data() =>
        Assert.Equal(
            "{\"list\":[\"a\",\"b c\",{\"x\":\"1\"}],\"data\":\"D713\",\"path\":\"/usr/lib\"}",
            Parse("{ list = ( a, 'b c', { x = 1; }, ); data = <0f bd 77>; path = /usr/lib }").ToString());

    [Theory]
    [InlineData("\"\\101\\341\"", "A\u00c6")]
    [InlineData("\"a\\\nb\"", "a\nb")]
    [InlineData("word", "word")]
    public void Reads_a_lone_string(string text, string value) =>
        Assert.Equal(value, Assert.IsType<PlistString>(Parse(text)).Value);

    [Theory]
    [InlineData(" \n ")]
    [InlineData("/* nothing */")]
    [InlineData("/* a comment without its end")]
    public void A_file_without_entries_is_an_empty_table(string text) =>
        Assert.Equal(PlistDictionary.Empty, Parse(text));

    [Theory]
    [InlineData("{ a = b", "semicolon")]
    [InlineData("{ a = b; } c", "follows")]
    [InlineData("a = b c = d;", "semicolon")]
    [InlineData("( a b )", "comma")]
    [InlineData("( a", "comma")]
    [InlineData("\"open", "closing quote")]
    [InlineData("<0g>", "hexadecimal")]
    [InlineData("<012>", "odd")]
    [InlineData("<01", "closing >")]
    [InlineData("a = ;", "unexpected")]
    [InlineData("\"x\\", "escape")]
    public void Refuses_what_is_cut_short_or_misplaced(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FirmwareFormatException>(() => Parse(text)).Reason, StringComparison.Ordinal);

    [Fact]
    public void Refuses_bytes_that_are_no_text() =>
        Assert.Throws<FirmwareFormatException>(() => PropertyList.Parse(new byte[] { 0xCA, 0xFE, 0xBA, 0xBE }));

    [Fact]
    public void Refuses_deep_nesting() =>
        Assert.Contains("deep", Assert.Throws<FirmwareFormatException>(() => Parse(new string('(', 100_000))).Reason, StringComparison.Ordinal);

    private static PlistValue Parse(string text) => PropertyList.Parse(Encoding.UTF8.GetBytes(text));
}
