using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Options;

/// <summary>The resident set of this process, and the limit it is held under. Safe for concurrent use.</summary>
internal static class ProcessMemory
{
    private static readonly Lock Relieving = new();
    private static long _limit = long.MaxValue;
    private static long _live;

    /// <summary>The largest resident set so far, in bytes.</summary>
    public static long PeakBytes()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return Math.Max(process.PeakWorkingSet64, process.WorkingSet64);
    }

    /// <summary>
    /// Holds the process to a budget from now on: the cache of decoded blocks, the arrays that wait to be borrowed, and what
    /// <see cref="Relieve"/> goes by.
    /// </summary>
    public static void Hold(MemoryBudget budget)
    {
        BlockCache.Default.LimitBytes = budget.BlockCacheBytes;
        BoundedArrayPool.LimitBytes = Math.Min(budget.LimitBytes / 8, BoundedArrayPool.DefaultLimitBytes);
        Interlocked.Exchange(ref _limit, budget.LimitBytes);
    }

    /// <summary>
    /// Collects what is garbage where the resident set comes near the limit and collecting promises to help; otherwise costs next to
    /// nothing. To be called between pieces of work.
    /// </summary>
    /// <param name="isNewPhase">Whether what comes needs other things than what was: then from half of the limit on.</param>
    public static void Relieve(bool isNewPhase = false)
    {
        // The collector knows the memory of the machine and not the limit: of large buffers alone it lets as much garbage gather as
        // there are live ones before it looks.
        var limit = Interlocked.Read(ref _limit);
        if (!MayHelp(limit) || Environment.WorkingSet < (isNewPhase ? limit / 2 : limit - (limit / 5)) || !Relieving.TryEnter())
        {
            return;
        }

        try
        {
            if (isNewPhase)
            {
                BlockCache.Default.Clear();
            }

            BoundedArrayPool.Trim();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            Interlocked.Exchange(ref _live, GC.GetTotalMemory(forceFullCollection: false));
        }
        finally
        {
            Relieving.Exit();
        }
    }

    private static bool MayHelp(long limit) => GC.GetTotalMemory(forceFullCollection: false) - Interlocked.Read(ref _live) > limit / 16;
}
