using CsCheck;
using IpswDiff.Diffing.Reports.Markdown;

namespace IpswDiff.Diffing.Tests.Reports;

public class UnifiedDiffTests
{
    [Fact]
    public void Equal_texts_have_no_hunks() => Assert.Equal(string.Empty, UnifiedDiff.Render(["a", "b"], ["a", "b"]));

    [Fact]
    public void A_hunk_has_three_lines_of_context_and_an_empty_line_for_its_header() => Assert.Equal(
        "\n b\n c\n d\n-e\n+E\n f\n g\n h\n",
        UnifiedDiff.Render(["a", "b", "c", "d", "e", "f", "g", "h", "i"], ["a", "b", "c", "d", "E", "f", "g", "h", "i"]));

    [Fact]
    public void Changes_six_lines_apart_share_a_hunk_and_seven_apart_do_not()
    {
        string[] near = ["1", "a", "b", "c", "d", "e", "f", "2"];
        string[] far = ["1", "a", "b", "c", "d", "e", "f", "g", "2"];
        Assert.Equal("\n-1\n+x\n a\n b\n c\n d\n e\n f\n-2\n+y\n", UnifiedDiff.Render(near, ["x", .. near[1..^1], "y"]));
        Assert.Equal("\n-1\n+x\n a\n b\n c\n\n e\n f\n g\n-2\n+y\n", UnifiedDiff.Render(far, ["x", .. far[1..^1], "y"]));
    }

    [Fact]
    public void Hunks_applied_to_the_old_text_give_the_new_one()
    {
        var lines = Gen.Int[0, 3].Select(pick => "abcd".Substring(pick, 1)).Array[0, 30];
        Gen.Select(lines, lines).Sample((old, @new) =>
        {
            var text = UnifiedDiff.Render(old, @new);
            var rebuilt = text.Split('\n').Where(line => line.StartsWith('+')).Select(line => line[1..]);
            var removed = text.Split('\n').Where(line => line.StartsWith('-')).Select(line => line[1..]);
            Assert.Equal(@new.Length - old.Length, rebuilt.Count() - removed.Count());
            Assert.Equal(old.SequenceEqual(@new), text.Length == 0);
        });
    }
}
