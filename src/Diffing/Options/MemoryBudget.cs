using System.Text.Json.Serialization;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Options;

/// <summary>
/// One number of bytes for the process, divided once: what the runtime itself needs, the cache of decoded blocks, and the pair of
/// binaries that each worker holds. Shards are planned by these figures.
/// </summary>
[JsonConverter(typeof(MemoryBudgetJson))]
public sealed record MemoryBudget
{
    /// <summary>The least a run can promise to keep.</summary>
    public const long MinimumBytes = 128L << 20;

    /// <summary>The limit of a run that was told none.</summary>
    public const long DefaultBytes = 512L << 20;

    // Measured resident set of the runtime with every house loaded and the garbage collector's own slack.
    private const long RuntimeBytes = 96L << 20;

    private MemoryBudget(long limit, int parallelism, long blockCache, long perWorker)
    {
        LimitBytes = limit;
        Parallelism = parallelism;
        BlockCacheBytes = blockCache;
        WorkerBytes = perWorker;
    }

    /// <summary>The whole limit, in bytes of resident memory.</summary>
    public long LimitBytes { get; }

    /// <summary>Workers that compare at the same time.</summary>
    public int Parallelism { get; }

    /// <summary>Limit of the process's <see cref="BlockCache"/>.</summary>
    public long BlockCacheBytes { get; }

    /// <summary>What one worker may hold of the pair it compares: tables of symbols and functions, pooled buffers.</summary>
    public long WorkerBytes { get; }

    /// <summary>Divides <paramref name="limitBytes"/> among the parts of a run with <paramref name="parallelism"/> workers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below <see cref="MinimumBytes"/>, or no worker is allowed.</exception>
    public static MemoryBudget Divide(long limitBytes, int parallelism)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limitBytes, MinimumBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        var free = limitBytes - RuntimeBytes;
        var cache = Math.Clamp(free / 4, 8L << 20, 128L << 20);
        return new MemoryBudget(limitBytes, parallelism, cache, (free - cache) / parallelism);
    }
}
