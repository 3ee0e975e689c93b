namespace IpswDiff.Formats.Bytes;

/// <summary>Something that begins at a key, in a table that is in the order of those keys.</summary>
/// <typeparam name="TKey">What it is ordered by: an offset, an address, a path.</typeparam>
public interface IOrdered<TKey>
{
    /// <summary>Negative, zero or positive as this begins before, at or after <paramref name="key"/>.</summary>
    int CompareStart(TKey key);
}

/// <summary>Binary search in tables of things that begin somewhere and reach to the next.</summary>
public static class OrderedSearch
{
    /// <summary>The place of the last item that begins at or before <paramref name="key"/>; -1 where none does.</summary>
    /// <param name="items">The items, in ascending order.</param>
    /// <param name="key">What is looked for.</param>
    public static int LastAtOrBefore<T, TKey>(ReadOnlySpan<T> items, TKey key)
        where T : IOrdered<TKey>
    {
        var (low, high) = (0, items.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (items[middle].CompareStart(key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }
}
