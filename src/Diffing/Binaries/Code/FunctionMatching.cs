using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>What functions of one image are matched by, in the order of their addresses.</summary>
/// <param name="Names">Hash of the name, 0 without one.</param>
/// <param name="Fingerprints">Fingerprint of the code.</param>
/// <param name="Sizes">Bytes.</param>
/// <param name="Aliases">All names of the functions that have several, by function and name.</param>
internal sealed record FunctionKeys(ulong[] Names, ulong[] Fingerprints, long[] Sizes, (int Function,
    ulong Name)[] Aliases)
{
    /// <summary>Functions that have a name at most.</summary>
    public FunctionKeys(ulong[] names, ulong[] fingerprints, long[] sizes)
        : this(names, fingerprints, sizes, [])
    {
    }

    public int Count => Names.Length;
}

/// <summary>
/// Finds for every function of one image the function of another that it is: by a name both have, be it one of
/// several and however much
/// of the code changed; by a fingerprint both have once; by equal fingerprints in order; and last, between two
/// neighbours that were
/// found, by order and similar size. Which side is called left makes no difference.
/// </summary>
internal sealed partial class FunctionMatching
{
    // Functions of two different names are taken for one renamed function from this size on; smaller ones are alike by chance.
    private const long SmallestRename = 32;

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
    /// <param name="oldTargets">What an old function refers to, as a hash; asked of those that several are
    /// like.</param>
    /// <param name="newTargets">The same of a new function.</param>
    /// <returns>For each old function the new one, or -1.</returns>
    public static int[] Match(
        FunctionKeys old, FunctionKeys @new, bool isExact, Func<int, ulong>? oldTargets = null, Func<int,
            ulong>? newTargets = null)
    {
        // Where there is a choice it must not depend on which side is the old one, so the sides are put into an order of their own.
        var isSwapped = Order(old, @new) > 0;
        var matching = isSwapped ? new FunctionMatching(@new, old) : new FunctionMatching(old, @new);
        matching.PairByName(isExact);
        if (isExact)
        {
            matching.PairUnique(static (keys, i) => keys.Fingerprints[i]);
            if (oldTargets is not null && newTargets is not null)
            {
                matching.PairByTargets((keys, i) => HashCombine(keys.Fingerprints[i], ReferenceEquals(keys, old)
                    ? oldTargets(i) : newTargets(i)));
            }

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

    /// <summary>
    /// Pairs functions of one name. Where several have it, those of one fingerprint belong together, then those in
    /// one order; of a name
    /// that a function has among others, first the one whose code is the same.
    /// </summary>
    private void PairByName(bool isExact)
    {
        if (isExact)
        {
            PairNames(static (keys, entry) => HashCombine(keys.Fingerprints[entry.Function], entry.Name));
        }

        PairNames(static (_, entry) => entry.Name);
    }

    private void PairNames(Func<FunctionKeys, (int Function, ulong Name), ulong> key)
    {
        var (leftKeys, left) = SortedNames(_left, _rightOf, key);
        var (rightKeys, right) = SortedNames(_right, _leftOf, key);
        Join(leftKeys, rightKeys, (i, iEnd, j, jEnd) =>
        {
            while (i < iEnd && j < jEnd)
            {
                if (_rightOf[left[i]] >= 0)
                {
                    i++;
                }
                else if (_leftOf[right[j]] >= 0)
                {
                    j++;
                }
                else
                {
                    Pair(left[i++], right[j++]);
                }
            }
        });
    }

    private static (ulong[] Keys, int[] Functions) SortedNames(
        FunctionKeys side, int[] partners, Func<FunctionKeys, (int Function, ulong Name), ulong> key)
    {
        var entries = new List<(ulong Key, int Function)>();
        for (var i = 0; i < partners.Length; i++)
        {
            if (partners[i] < 0 && side.Names[i] != 0)
            {
                entries.Add((key(side, (i, side.Names[i])), i));
            }
        }

        foreach (var alias in side.Aliases)
        {
            if (partners[alias.Function] < 0 && alias.Name != side.Names[alias.Function])
            {
                entries.Add((key(side, alias), alias.Function));
            }
        }

        entries.Sort();
        return ([.. entries.Select(static entry => entry.Key)], [.. entries.Select(static entry => entry.Function)]);
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

    /// <summary>
    /// Pairs functions of one fingerprint that several have by what they refer to: small ones are often alike in all
    /// but that.
    /// </summary>
    private void PairByTargets(Func<FunctionKeys, int, ulong> key)
    {
        var (leftKeys, left) = Sorted(_left, _rightOf, static (keys, i) => keys.Fingerprints[i]);
        var (rightKeys, right) = Sorted(_right, _leftOf, static (keys, i) => keys.Fingerprints[i]);
        var (isLeft, isRight) = (new bool[_left.Count], new bool[_right.Count]);
        Join(leftKeys, rightKeys, (i, iEnd, j, jEnd) =>
        {
            for (; i < iEnd; i++)
            {
                isLeft[left[i]] = true;
            }

            for (; j < jEnd; j++)
            {
                isRight[right[j]] = true;
            }
        });
        PairRuns((keys, i) => (ReferenceEquals(keys, _left) ? isLeft : isRight)[i] ? key(keys, i) : 0);
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
}
