using System.Runtime.InteropServices;
using DiffPlex;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>Lines that both texts have in the same order: <see cref="Length"/> of them from these places on.</summary>
/// <param name="Old">Where they begin in the old text.</param>
/// <param name="New">Where they begin in the new one.</param>
/// <param name="Length">How many there are.</param>
internal readonly record struct LineRun(int Old, int New, int Length);

/// <summary>
/// Which lines two texts have in common, in time and memory that grow with their lengths. Short texts are compared by
/// Myers' algorithm, whose differences are the fewest. Of long ones it costs the product of the lengths, so these are
/// taken apart first: lines that only one side has are different whatever else is; lines that both have once each stay,
/// as many as are in one order; what lies between them is short again, or, where it is not, different as a whole.
/// </summary>
internal static class LineMatching
{
    /// <summary>The product of lines up to which two texts, or two parts of long ones, are compared exactly.</summary>
    public const long Exact = 4_000_000;

    /// <summary>The runs of lines that both have, in order, as long as they can be.</summary>
    public static IReadOnlyList<LineRun> Of(string[] old, string[] @new)
    {
        var runs = new Runs();
        if ((long)old.Length * @new.Length <= Exact)
        {
            AddExact(old, @new, static place => place, static place => place, runs);
            return runs.Found;
        }

        // A line is known by a number from here on, and those of one side alone are left out.
        var numbers = new Dictionary<string, (int Number, int Old, int New)>(StringComparer.Ordinal);
        Count(numbers, old, static known => known with { Old = known.Old + 1 });
        Count(numbers, @new, static known => known with { New = known.New + 1 });
        var texts = new string[numbers.Count];
        var isAnchor = new bool[numbers.Count];
        foreach (var (text, (number, before, after)) in numbers)
        {
            (texts[number], isAnchor[number]) = (text, before == 1 && after == 1);
        }

        var left = Shared(numbers, old);
        var right = Shared(numbers, @new);
        new Taker(texts, isAnchor, left, right, runs).Take();
        return runs.Found;
    }

    private static void Count(
        Dictionary<string, (int Number, int Old, int New)> numbers,
        string[] lines,
        Func<(int Number, int Old, int New), (int Number, int Old, int New)> count)
    {
        foreach (var line in lines)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, line, out var exists);
            known = count(exists ? known : (numbers.Count - 1, 0, 0));
        }
    }

    private static (
        int Place, int Number)[] Shared(Dictionary<string, (int Number, int Old, int New)> numbers, string[] lines) =>
        [.. lines.Select((line, place) => (Place: place, Line: numbers[line]))
            .Where(static line => line.Line is { Old: > 0, New: > 0 })
            .Select(static line => (line.Place, line.Line.Number))];

    private static void AddExact(
        string[] old, string[] @new, Func<int, int> oldPlace, Func<int, int> newPlace, Runs runs)
    {
        var (before, after) = (0, 0);
        var differences = Differ.Instance.CreateDiffs(
            string.Join('\n', old),
            string.Join('\n', @new),
            ignoreWhiteSpace: false,
            ignoreCase: false,
            new DiffPlex.Chunkers.LineChunker());
        foreach (var block in differences.DiffBlocks)
        {
            AddCommon(block.DeleteStartA);
            (before, after) = (before + block.DeleteCountA, after + block.InsertCountB);
        }

        AddCommon(old.Length);

        void AddCommon(int end)
        {
            for (; before < end; before++, after++)
            {
                runs.Add(oldPlace(before), newPlace(after));
            }
        }
    }

    /// <summary>Takes two long texts apart.</summary>
    private sealed class Taker(
        string[] texts, bool[] isAnchor, (int Place, int Number)[] old, (int Place, int Number)[] @new, Runs runs)
    {
        public void Take()
        {
            var (from, to) = (0, 0);
            foreach (var (before, after) in Anchors())
            {
                TakePart(from, before, to, after);
                runs.Add(old[before].Place, @new[after].Place);
                (from, to) = (before + 1, after + 1);
            }

            TakePart(from, old.Length, to, @new.Length);
        }

        // The longest rising sequence of the places in the new text of the lines that are unique, in the order of the
        // old one (Fredman 1975, as patience sorting does it).
        private List<(int Old, int New)> Anchors()
        {
            var places = new int[texts.Length];
            for (var after = 0; after < @new.Length; after++)
            {
                places[@new[after].Number] = after;
            }

            var unique = Enumerable.Range(0, old.Length).Where(before => isAnchor[old[before].Number])
                .Select(before => (Old: before, New: places[old[before].Number])).ToArray();
            var (ends, tails, previous) = (new List<int>(), new List<int>(), new int[unique.Length]);
            for (var i = 0; i < unique.Length; i++)
            {
                var at = tails.BinarySearch(unique[i].New);
                at = at < 0 ? ~at : at;
                previous[i] = at > 0 ? ends[at - 1] : -1;
                if (at == tails.Count)
                {
                    tails.Add(0);
                    ends.Add(0);
                }

                (tails[at], ends[at]) = (unique[i].New, i);
            }

            var anchors = new List<(int Old, int New)>(ends.Count);
            for (var i = ends.Count > 0 ? ends[^1] : -1; i >= 0; i = previous[i])
            {
                anchors.Add(unique[i]);
            }

            anchors.Reverse();
            return anchors;
        }

        private void TakePart(int oldStart, int oldEnd, int newStart, int newEnd)
        {
            for (; oldStart < oldEnd
                && newStart < newEnd && old[oldStart].Number == @new[newStart].Number; oldStart++, newStart++)
            {
                runs.Add(old[oldStart].Place, @new[newStart].Place);
            }

            var end = 0;
            while (end < Math.Min(oldEnd - oldStart, newEnd - newStart)
                && old[oldEnd - 1 - end].Number == @new[newEnd - 1 - end].Number)
            {
                end++;
            }

            var (count, counterpart) = (oldEnd - end - oldStart, newEnd - end - newStart);
            if (count > 0 && counterpart > 0 && (long)count * counterpart <= Exact)
            {
                AddExact(
                    Texts(old.AsSpan(oldStart, count)),
                    Texts(@new.AsSpan(newStart, counterpart)),
                    place => old[oldStart + place].Place,
                    place => @new[newStart + place].Place,
                    runs);
            }

            for (; end > 0; end--)
            {
                runs.Add(old[oldEnd - end].Place, @new[newEnd - end].Place);
            }
        }

        private string[] Texts(ReadOnlySpan<(int Place, int Number)> lines)
        {
            var found = new string[lines.Length];
            for (var i = 0; i < lines.Length; i++)
            {
                found[i] = texts[lines[i].Number];
            }

            return found;
        }
    }

    private sealed class Runs
    {
        public List<LineRun> Found { get; } = [];

        public void Add(int old, int @new)
        {
            if (Found.Count > 0
                && Found[^1] is var last && last.Old + last.Length == old && last.New + last.Length == @new)
            {
                Found[^1] = last with { Length = last.Length + 1 };
            }
            else
            {
                Found.Add(new LineRun(old, @new, 1));
            }
        }
    }
}
