using Md = IpswDiff.Diffing.Reports.Markdown.MarkdownText;

namespace IpswDiff.Diffing.Tests.Reports;

public class MarkdownTests
{
    [Theory]
    [InlineData("plain", "`plain`")]
    [InlineData("a`b", "``a`b``")]
    [InlineData("`", "`` ` ``")]
    [InlineData("", "`  `")]
    [InlineData("a```b", "````a```b````")]
    public void Code_spans_hold_back_quotes(string text, string expected) => Assert.Equal(expected, Md.Code(text));

    [Theory]
    [InlineData("\e[31mred", "\\u001b[31mred")]
    [InlineData("a\nb", "a\\nb")]
    [InlineData("a\u202Eb", "a\\u202eb")]
    [InlineData("a\u2028b", "a\\u2028b")]
    [InlineData("𝒳ok", "𝒳ok")]
    public void Nothing_moves_a_cursor_or_turns_text(string text, string expected) => Assert.Equal(expected, Md.Visible(text));

    [Fact]
    public void Text_neither_links_nor_formats_nor_opens_tags() =>
        Assert.Equal("\\[x\\](y) &lt;script&gt; \\*b\\* a\\|b", Md.Text("[x](y) <script> *b* a|b"));

    [Fact]
    public void Link_targets_are_percent_encoded() => Assert.Equal("MACHOS/a%20b/%29%5D.md", Md.Target("MACHOS/a b/)].md"));

    [Fact]
    public void Fences_are_longer_than_what_they_hold()
    {
        Assert.Equal("```", Md.Fence("x"));
        Assert.Equal("`````", Md.Fence("a ```` b"));
    }
}
