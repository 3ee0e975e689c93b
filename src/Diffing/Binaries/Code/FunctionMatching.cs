using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>What functions of one image are matched by, in the order of their addresses.</summary>
/// <param name="Names">Hash of the name, 0 without one.</param>
/// <param name="Fingerprints">Fingerprint of the code.</param>
/// <param name="Sizes">Bytes.</param>
internal sealed record FunctionKeys(ulong[] Names, ulong[] Fingerprints, long[] Sizes)
{
    public int Count => Names.Length;
}

/// <summary>
/// Finds for every function of one image the function of another that it is: by a name both have once; by a fingerprint both have once;
/// by equal fingerprints in order; and last, between two neighbours that were found, by order and similar size. Which side is called
/// left makes no difference.
/// </summary>
internal sealed class FunctionMatching
{
    // Functions of two different names are taken for one renamed function from this size on; smaller ones are alike by chance.
    private const long SmallestRename = 32;

    // Places in the table of the best alignment of a gap; a larger gap is cut at sizes that both sides have once, and failing that
    // paired in order.
    private const long LargestTable = 1 << 20;
    private const int SameSize = 1 << 10;

    private readonly FunctionKeys _left;
    private readonly FunctionKeys _right;
    private readonly int[] _rightOf;
    private readonly int[] _leftOf;

    private FunctionMatching(FunctionKeys left, FunctionKeys right)
    {
        (_left, _right) = (left, right);
        _rightOf = new int[left.Count];
        _leftOf = new int[right.Count];
        Array.Fill(_rightOf, -1);
        Array.Fill(_leftOf, -1);
    }

    /// <summary>Matches functions.</summary>
    /// <param name="old">One side.</param>
    /// <param name="new">The other.</param>
    /// <param name="isExact">Whether fingerprints tell of code, on both sides.</param>
    /// <returns>For each old function the new one, or -1.</returns>
    public static int[] Match(FunctionKeys old, FunctionKeys @new, bool isExact)
    {
        // Where there is a choice it must not depend on which side is the old one, so the sides are put into an order of their own.
        var isSwapped = Order(old, @new) > 0;
        var matching = isSwapped ? new FunctionMatching(@new, old) : new FunctionMatching(old, @new);
        matching.PairUnique(static (keys, i) => keys.Names[i]);
        if (isExact)
        {
            matching.PairUnique(static (keys, i) => keys.Fingerprints[i]);
            matching.PairInOrder();
        }

        matching.PairByOrderAndSize();
        return isSwapped ? matching._leftOf : matching._rightOf;
    }

    private static int Order(FunctionKeys left, FunctionKeys right)
    {
        var order = left.Count.CompareTo(right.Count);
        order = order != 0 ? order : left.Fingerprints.AsSpan().SequenceCompareTo(right.Fingerprints);
        order = order != 0 ? order : left.Names.AsSpan().SequenceCompareTo(right.Names);
        return order != 0 ? order : left.Sizes.AsSpan().SequenceCompareTo(right.Sizes);
    }

    private static bool AreCompatible(FunctionKeys left, int i, FunctionKeys right, int j) =>
        left.Names[i] == right.Names[j] || left.Names[i] == 0 || right.Names[j] == 0;

    private bool MayBeOne(int i, int j) =>
        AreCompatible(_left, i, _right, j) || (_left.Sizes[i] >= SmallestRename && _right.Sizes[j] >= SmallestRename);

    private void Pair(int i, int j) => (_rightOf[i], _leftOf[j]) = (j, i);

    private void PairUnique(Func<FunctionKeys, int, ulong> key)
    {
        var (leftKeys, left) = Sorted(_left, _rightOf, key);
        var (rightKeys, right) = Sorted(_right, _leftOf, key);
        Join(leftKeys, rightKeys, (i, iEnd, j, jEnd) =>
        {
            if (iEnd - i == 1 && jEnd - j == 1 && MayBeOne(left[i], right[j]))
            {
                Pair(left[i], right[j]);
            }
        });
    }

    /// <summary>The functions without a partner that have a key, by key and then by address.</summary>
    private static (ulong[] Keys, int[] Functions) Sorted(FunctionKeys side, int[] partners, Func<FunctionKeys, int, ulong> key)
    {
        var functions = new List<int>();
        for (var i = 0; i < partners.Length; i++)
        {
            if (partners[i] < 0 && key(side, i) != 0)
            {
                functions.Add(i);
            }
        }

        var sorted = functions.ToArray();
        var keys = Array.ConvertAll(sorted, i => key(side, i));
        Array.Sort(keys, sorted);

        // The sort keeps no order among equals.
        for (var i = 0; i < keys.Length;)
        {
            var end = EndOfRun(keys, i);
            sorted.AsSpan(i, end - i).Sort();
            i = end;
        }

        return (keys, sorted);
    }

    private static void Join(ulong[] left, ulong[] right, Action<int, int, int, int> both)
    {
        for (var (i, j) = (0, 0); i < left.Length && j < right.Length;)
        {
            var (iEnd, jEnd) = (EndOfRun(left, i), EndOfRun(right, j));
            if (left[i] == right[j])
            {
                both(i, iEnd, j, jEnd);
                (i, j) = (iEnd, jEnd);
            }
            else if (left[i] < right[j])
            {
                i = iEnd;
            }
            else
            {
                j = jEnd;
            }
        }
    }

    private static int EndOfRun(ulong[] keys, int start)
    {
        var end = start + 1;
        while (end < keys.Length && keys[end] == keys[start])
        {
            end++;
        }

        return end;
    }

    /// <summary>Pairs functions of one fingerprint that several have: those of one name, those between the same neighbours, the rest.</summary>
    private void PairInOrder()
    {
        PairRuns(static (keys, i) => keys.Names[i] == 0 ? 0 : HashCombine(keys.Fingerprints[i], keys.Names[i]));
        var (leftGaps, rightGaps) = Gaps(Anchors());
        PairRuns((keys, i) => HashCombine(keys.Fingerprints[i], (ulong)(ReferenceEquals(keys, _left) ? leftGaps : rightGaps)[i]));
        PairRuns(static (keys, i) => keys.Fingerprints[i]);
    }

    private void PairRuns(Func<FunctionKeys, int, ulong> key)
    {
        var (leftKeys, left) = Sorted(_left, _rightOf, key);
        var (rightKeys, right) = Sorted(_right, _leftOf, key);
        Join(leftKeys, rightKeys, (i, iEnd, j, jEnd) =>
        {
            for (; i < iEnd && j < jEnd; i++, j++)
            {
                if (_left.Fingerprints[left[i]] == _right.Fingerprints[right[j]] && MayBeOne(left[i], right[j]))
                {
                    Pair(left[i], right[j]);
                }
            }
        });
    }

    private static ulong HashCombine(ulong x, ulong y) => unchecked(((x ^ (y * 0x9E3779B97F4A7C15)) * 0xFF51AFD7ED558CCD) | 1);

    /// <summary>The longest run of pairs that keep their order on both sides.</summary>
    private List<(int Left, int Right)> Anchors()
    {
        var pairs = new List<(int Left, int Right)>();
        for (var i = 0; i < _rightOf.Length; i++)
        {
            if (_rightOf[i] >= 0)
            {
                pairs.Add((i, _rightOf[i]));
            }
        }

        return Increasing(pairs);
    }

    /// <summary>For each function how many anchors stand before it.</summary>
    private (int[] Left, int[] Right) Gaps(List<(int Left, int Right)> anchors)
    {
        var (left, right) = (new int[_left.Count], new int[_right.Count]);
        for (var k = 0; k <= anchors.Count; k++)
        {
            var (fromLeft, fromRight) = k == 0 ? (0, 0) : anchors[k - 1];
            var (toLeft, toRight) = k == anchors.Count ? (_left.Count, _right.Count) : anchors[k];
            left.AsSpan(fromLeft, toLeft - fromLeft).Fill(k);
            right.AsSpan(fromRight, toRight - fromRight).Fill(k);
        }

        return (left, right);
    }

    private static List<(int Left, int Right)> Increasing(List<(int Left, int Right)> pairs)
    {
        var tails = new List<int>();
        var previous = new int[pairs.Count];
        for (var i = 0; i < pairs.Count; i++)
        {
            var (low, high) = (0, tails.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = pairs[tails[middle]].Right < pairs[i].Right ? (middle + 1, high) : (low, middle);
            }

            previous[i] = low == 0 ? -1 : tails[low - 1];
            if (low == tails.Count)
            {
                tails.Add(i);
            }
            else
            {
                tails[low] = i;
            }
        }

        var run = new List<(int Left, int Right)>();
        for (var i = tails.Count == 0 ? -1 : tails[^1]; i >= 0; i = previous[i])
        {
            run.Add(pairs[i]);
        }

        run.Reverse();
        return run;
    }

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

    /// <summary>Cuts a large gap at functions whose size, with those of the next two, occurs once on each side.</summary>
    private void CutBySize(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        var rightPlaces = Unique(_right, right);
        var pairs = new List<(int Left, int Right)>();
        foreach (var (sizes, place) in Unique(_left, left))
        {
            if (place >= 0 && rightPlaces.TryGetValue(sizes, out var other) && other >= 0 && AreCompatible(_left, left[place], _right, right[other]))
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

    private static Dictionary<(long First, long Second, long Third), int> Unique(FunctionKeys side, ReadOnlySpan<int> functions)
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
