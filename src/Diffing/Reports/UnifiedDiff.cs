using System.Text;
using DiffPlex;
using DiffPlex.Model;

namespace IpswDiff.Diffing.Reports;

/// <summary>
/// Line differences in the form readers of firmware diffs know: three lines of context, and an empty line in place of each hunk's
/// header.
/// </summary>
public static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>The hunks between two texts given as lines, or an empty text where the lines are the same.</summary>
    public static string Render(IReadOnlyList<string> old, IReadOnlyList<string> @new)
    {
        var blocks = Differ.Instance.CreateDiffs(
            string.Join('\n', old), string.Join('\n', @new), ignoreWhiteSpace: false, ignoreCase: false, new DiffPlex.Chunkers.LineChunker()).DiffBlocks;
        var text = new StringBuilder();
        for (var i = 0; i < blocks.Count;)
        {
            var last = i;
            while (last + 1 < blocks.Count && blocks[last + 1].DeleteStartA - EndA(blocks[last]) <= 2 * Context)
            {
                last++;
            }

            AppendHunk(text, old, @new, blocks, i, last);
            i = last + 1;
        }

        return text.ToString();
    }

    private static void AppendHunk(
        StringBuilder text, IReadOnlyList<string> old, IReadOnlyList<string> @new, IList<DiffBlock> blocks, int first, int last)
    {
        text.Append('\n');
        var position = Math.Max(0, blocks[first].DeleteStartA - Context);
        for (var i = first; i <= last; i++)
        {
            var block = blocks[i];
            AppendLines(text, ' ', old, position, block.DeleteStartA);
            AppendLines(text, '-', old, block.DeleteStartA, EndA(block));
            AppendLines(text, '+', @new, block.InsertStartB, block.InsertStartB + block.InsertCountB);
            position = EndA(block);
        }

        AppendLines(text, ' ', old, position, Math.Min(old.Count, position + Context));
    }

    private static void AppendLines(StringBuilder text, char mark, IReadOnlyList<string> lines, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            text.Append(mark).Append(lines[i]).Append('\n');
        }
    }

    private static int EndA(DiffBlock block) => block.DeleteStartA + block.DeleteCountA;
}
