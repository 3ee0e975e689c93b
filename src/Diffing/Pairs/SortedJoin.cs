namespace IpswDiff.Diffing.Pairs;

/// <summary>Joins two sequences that are sorted alike, streaming: nothing but the current element of each is held.</summary>
internal static class SortedJoin
{
    /// <summary>Every key of either side once, in order, with what each side has under it.</summary>
    public static IEnumerable<(T? Old, T? New)> Join<T>(IEnumerable<T> old, IEnumerable<T> @new, Comparison<T> compare)
        where T : class
    {
        using var left = old.GetEnumerator();
        using var right = @new.GetEnumerator();
        var hasLeft = left.MoveNext();
        var hasRight = right.MoveNext();
        while (hasLeft || hasRight)
        {
            var order = !hasLeft ? 1 : !hasRight ? -1 : compare(left.Current, right.Current);
            yield return (order <= 0 ? left.Current : null, order >= 0 ? right.Current : null);
            if (order <= 0)
            {
                hasLeft = left.MoveNext();
            }

            if (order >= 0)
            {
                hasRight = right.MoveNext();
            }
        }
    }
}
