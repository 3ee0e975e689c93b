using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Code;

/// <content>What is left between two neighbours that were found, by order and similar size.</content>
internal sealed partial class FunctionMatching
{
    // Places in the table of the best alignment of a gap; a larger gap is cut at sizes that both sides have once,
    // and failing that
    // paired in order.
    private const long LargestTable = 1 << 20;
    private const int SameSize = 1 << 10;

    private void PairByOrderAndSize()
    {
        var anchors = Anchors();
        anchors.Add((_left.Count, _right.Count));
        var (left, right) = (new List<int>(), new List<int>());
        var (i, j) = (0, 0);
        foreach (var (nextLeft, nextRight) in anchors)
        {
            Collect(_rightOf, i, nextLeft, left);
            Collect(_leftOf, j, nextRight, right);
            PairGap([.. left], [.. right], isCut: false);
            (i, j) = (nextLeft + 1, nextRight + 1);
        }
    }

    private static void Collect(int[] partners, int from, int to, List<int> free)
    {
        free.Clear();
        for (var i = from; i < to; i++)
        {
            if (partners[i] < 0)
            {
                free.Add(i);
            }
        }
    }

    private void PairGap(ReadOnlySpan<int> left, ReadOnlySpan<int> right, bool isCut)
    {
        if (left.IsEmpty || right.IsEmpty)
        {
            return;
        }

        if ((long)(left.Length + 1) * (right.Length + 1) <= LargestTable)
        {
            Align(left, right);
        }
        else if (!isCut)
        {
            CutBySize(left, right);
        }
        else
        {
            for (var k = 0; k < Math.Min(left.Length, right.Length); k++)
            {
                if (Score(left[k], right[k]) > 0)
                {
                    Pair(left[k], right[k]);
                }
            }
        }
    }

    /// <summary>
    /// Cuts a large gap at functions whose size, with those of the next two, occurs once on each side.
    /// </summary>
    private void CutBySize(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        var rightPlaces = Unique(_right, right);
        var pairs = new List<(int Left, int Right)>();
        foreach (var (sizes, place) in Unique(_left, left))
        {
            if (place >= 0 && rightPlaces.TryGetValue(sizes, out var other) && other >= 0
                && AreCompatible(_left, left[place], _right, right[other]))
            {
                pairs.Add((place, other));
            }
        }

        pairs.Sort();
        var cuts = Increasing(pairs);
        cuts.Add((left.Length, right.Length));
        var (i, j) = (0, 0);
        foreach (var (x, y) in cuts)
        {
            PairGap(left[i..x], right[j..y], isCut: true);
            if (x < left.Length)
            {
                Pair(left[x], right[y]);
            }

            (i, j) = (x + 1, y + 1);
        }
    }

    private static Dictionary<(long First, long Second, long Third), int> Unique(FunctionKeys side,
        ReadOnlySpan<int> functions)
    {
        var places = new Dictionary<(long First, long Second, long Third), int>();
        for (var k = 0; k + 2 < functions.Length; k++)
        {
            var sizes = (side.Sizes[functions[k]], side.Sizes[functions[k + 1]], side.Sizes[functions[k + 2]]);
            places[sizes] = places.ContainsKey(sizes) ? -1 : k;
        }

        return places;
    }

    /// <summary>The pairs, in order, whose sizes are most alike together.</summary>
    private void Align(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        var width = right.Length + 1;
        var best = BoundedArrayPool<int>.Shared.Rent((left.Length + 1) * width);
        try
        {
            best.AsSpan(left.Length * width, width).Clear();
            for (var x = left.Length - 1; x >= 0; x--)
            {
                best[(x * width) + right.Length] = 0;
                for (var y = right.Length - 1; y >= 0; y--)
                {
                    var score = Score(left[x], right[y]);
                    var skip = Math.Max(best[((x + 1) * width) + y], best[(x * width) + y + 1]);
                    best[(x * width) + y] = score > 0 ? Math.Max(skip, best[((x + 1) * width) + y + 1] + score) : skip;
                }
            }

            for (var (x, y) = (0, 0); x < left.Length && y < right.Length;)
            {
                var score = Score(left[x], right[y]);
                if (score > 0 && best[(x * width) + y] == best[((x + 1) * width) + y + 1] + score)
                {
                    Pair(left[x++], right[y++]);
                }
                else if (best[(x * width) + y] == best[((x + 1) * width) + y])
                {
                    x++;
                }
                else
                {
                    y++;
                }
            }
        }
        finally
        {
            BoundedArrayPool<int>.Shared.Return(best);
        }
    }

    /// <summary>How likely two functions between the same neighbours are one, by size; 0 for not at all.</summary>
    private int Score(int i, int j)
    {
        if (!AreCompatible(_left, i, _right, j))
        {
            return 0;
        }

        var (small, large) = (Math.Min(_left.Sizes[i], _right.Sizes[j]), Math.Max(_left.Sizes[i], _right.Sizes[j]));
        if (small < (large + 1) / 2)
        {
            return 0;
        }

        var ratio = large == 0 ? 1.0 : (double)small / large;
        return 1 + (int)(SameSize * ratio * ratio);
    }
}
