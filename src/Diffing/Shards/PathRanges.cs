namespace IpswDiff.Diffing.Shards;

/// <summary>A range of sorted names.</summary>
/// <param name="First">The first name.</param>
/// <param name="End">The name it ends before, or null for the rest.</param>
/// <param name="Items">Names in it.</param>
/// <param name="Bytes">Bytes of the files in it.</param>
internal sealed record PathRange(string First, string? End, long Items, long Bytes);

/// <summary>Cuts sorted names into ranges by number and bytes; the cuts depend on the names and the limits alone.</summary>
internal static class PathRanges
{
    // What files claim may add up to more than a number holds, and that of two sides to less than nothing.
    private const long LongestFile = 1L << 38;

    /// <summary>The ranges of <paramref name="sorted"/>, none where there are no names. One name may pass the limit of bytes alone.</summary>
    /// <param name="sorted">The names, in order.</param>
    /// <param name="start">Where the first range begins.</param>
    /// <param name="bytesPerRange">Bytes that a range has at most.</param>
    /// <param name="itemsPerRange">Names that a range has at most.</param>
    public static IEnumerable<PathRange> Cut(IEnumerable<(string Name, long Bytes)> sorted, string start, long bytesPerRange, int itemsPerRange)
    {
        var first = start;
        long items = 0;
        long bytes = 0;
        foreach (var (name, claimed) in sorted)
        {
            var size = (long)Math.Min((ulong)claimed, LongestFile);
            if (items > 0 && (items >= itemsPerRange || bytes + size > bytesPerRange))
            {
                yield return new PathRange(first, name, items, bytes);
                (first, items, bytes) = (name, 0, 0);
            }

            items++;
            bytes += size;
        }

        if (items > 0)
        {
            yield return new PathRange(first, null, items, bytes);
        }
    }
}
