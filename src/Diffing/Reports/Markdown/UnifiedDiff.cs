using System.Text;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// Line differences in the form readers of firmware diffs know: three lines of context, and an empty line in place of each hunk's
/// header.
/// </summary>
internal static class UnifiedDiff
{
    private const int Context = 3;
    private const char Remark = '@';

    /// <summary>The hunks between two texts given as lines, or an empty text where the lines are the same.</summary>
    public static string Render(IReadOnlyList<string> old, IReadOnlyList<string> @new) => Render(old, @new, static line => line, static (_, _) => null);

    /// <summary>The hunks between two texts given as lines, of which a part alone is compared.</summary>
    /// <param name="old">The old text.</param>
    /// <param name="new">The new text; of lines that count as the same its own are shown.</param>
    /// <param name="compared">The part of a line that is compared.</param>
    /// <param name="remark">
    /// What is said before a line that both have, or null; it is asked for each in turn, and counts as a difference. By custom it begins and ends with <c>@@</c>.
    /// </param>
    internal static string Render(IReadOnlyList<string> old, IReadOnlyList<string> @new, Func<string, string> compared, Func<string, string, string?> remark)
    {
        var lines = new List<(char Mark, string Text)>(Math.Max(old.Count, @new.Count));
        var (before, after) = (0, 0);
        foreach (var run in LineMatching.Of([.. old.Select(compared)], [.. @new.Select(compared)]))
        {
            AddDifferent(run.Old, run.New);
            for (var end = run.Old + run.Length; before < end; before++, after++)
            {
                if (remark(old[before], @new[after]) is { } said)
                {
                    lines.Add((Remark, said));
                }

                lines.Add((' ', @new[after]));
            }
        }

        AddDifferent(old.Count, @new.Count);
        return Hunks(lines);

        void AddDifferent(int oldEnd, int newEnd)
        {
            for (; before < oldEnd; before++)
            {
                lines.Add(('-', old[before]));
            }

            for (; after < newEnd; after++)
            {
                lines.Add(('+', @new[after]));
            }
        }
    }

    private static string Hunks(List<(char Mark, string Text)> lines)
    {
        var text = new StringBuilder();
        var shown = 0;
        for (var i = lines.FindIndex(IsDifferent); i >= 0; i = lines.FindIndex(i + 1, IsDifferent))
        {
            var first = Math.Max(shown, i - Context);
            if (shown == 0 || first > shown)
            {
                text.Append('\n');
            }

            for (shown = Math.Max(shown, first); shown <= i; shown++)
            {
                Append(lines[shown]);
            }

            // What follows a difference, up to the next one.
            for (var end = Math.Min(lines.Count, i + 1 + Context); shown < end && !IsDifferent(lines[shown]); shown++)
            {
                Append(lines[shown]);
            }
        }

        return text.ToString();

        static bool IsDifferent((char Mark, string Text) line) => line.Mark != ' ';

        void Append((char Mark, string Text) line)
        {
            if (line.Mark != Remark)
            {
                text.Append(line.Mark);
            }

            text.Append(line.Text).Append('\n');
        }
    }
}
