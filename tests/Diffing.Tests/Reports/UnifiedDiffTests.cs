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

    [Fact]
    public void Long_texts_without_a_line_in_common_are_told_whole()
    {
        const int Lines = 120_000;
        var text = UnifiedDiff.Render(
            [.. Enumerable.Range(0, Lines).Select(line => $"old {line}")],
                [.. Enumerable.Range(0, Lines).Select(line => $"new {line}")]);
        Assert.Equal(Lines, text.Split('\n').Count(line => line.StartsWith('-')));
        Assert.Equal(Lines, text.Split('\n').Count(line => line.StartsWith('+')));
    }

    [Fact]
    public void Of_long_texts_the_fewest_differences_are_told_where_lines_are_unique()
    {
        string[] old = [.. Enumerable.Range(0, 20_000).Select(line => $"member {line}")];
        List<string> @new = [.. old.Where((_, line) => line % 1000 != 500)];
        @new.Insert(7, "inserted");
        @new[10_000] = "changed";
        var text = UnifiedDiff.Render(old, @new);
        Assert.Equal(21, text.Split('\n').Count(line => line.StartsWith('-')));
        Assert.Equal(2, text.Split('\n').Count(line => line.StartsWith('+')));
    }

    [Fact]
    public void Long_texts_of_lines_that_repeat_end_all_the_same()
    {
        // No line is unique, so nothing holds the texts together but their ends.
        string[] old = ["begin", .. Enumerable.Range(0, 60_000).Select(line => $"{line * 7 % 1000}"), "end"];
        string[] @new = ["begin", .. Enumerable.Range(0, 60_000).Select(line => $"{line * 11 % 1000}"), "end"];
        AssertRuns(old, @new);
    }

    [Fact]
    public void What_long_texts_have_in_common_is_common()
    {
        // Enough lines for the way of long texts, few enough letters for every kind of repetition.
        var lines = Gen.Int[0, 3000].Select(pick => $"{Math.Min(pick, 40 + (pick / 10))}").Array[2001, 2300];
        Gen.Select(lines, lines).Sample(AssertRuns, iter: 20);
    }

    private static void AssertRuns(string[] old, string[] @new)
    {
        var (before, after) = (0, 0);
        foreach (var run in LineMatching.Of(old, @new))
        {
            Assert.True(run.Old >= before && run.New >= after && run.Length > 0);
            Assert.Equal(old.AsSpan(run.Old, run.Length), @new.AsSpan(run.New, run.Length));
            (before, after) = (run.Old + run.Length, run.New + run.Length);
        }

        Assert.True(before <= old.Length && after <= @new.Length);
    }
}
