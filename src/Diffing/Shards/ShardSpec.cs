namespace IpswDiff.Diffing.Shards;

/// <summary>What a shard reads.</summary>
public enum PassKind
{
    /// <summary>A range of the paths of one volume.</summary>
    Volume,

    /// <summary>A range of the members of the archives.</summary>
    Members,

    /// <summary>Two files that were named on their own.</summary>
    SingleFile,

    /// <summary>A range of the images of one shared cache.</summary>
    SharedCache,

    /// <summary>One kernelcache on both sides.</summary>
    Kernelcache,

    /// <summary>The kernels of two Kernel Debug Kits.</summary>
    Kdk,
}

/// <summary>Images of a shared cache, by their places in the order in which the pair lists them.</summary>
/// <param name="First">The first.</param>
/// <param name="End">The one the range ends before.</param>
public sealed record ImageRange(int First, int End);

/// <summary>A part of the work that is small enough for one worker's memory: a reference, never data.</summary>
/// <param name="Number">Its place in the order of the report.</param>
/// <param name="Pass">What it reads.</param>
/// <param name="Volume">The label of the volume, the shared cache or the kernelcache; null for other passes.</param>
/// <param name="First">First path or name of the range.</param>
/// <param name="End">The path or name the range ends before, or null for the rest.</param>
/// <param name="Items">Entries in the range, both sides counted once.</param>
/// <param name="EstimatedBytes">Bytes of the files in the range, both sides together.</param>
/// <param name="Images">The images of a shared cache; null for other passes.</param>
public sealed record ShardSpec(
    int Number, PassKind Pass, string? Volume, string First, string? End, long Items, long EstimatedBytes, ImageRange? Images = null)
{
    /// <summary>
    /// Whether the items of two neighbouring shards have to be merged by path: shards of images follow the order in which the images lie
    /// in their cache, and only within one shard are items in the order of the report.
    /// </summary>
    public bool IsInterleavedWith(ShardSpec next) => Images is not null && next.Images is not null && Volume == next.Volume;
}
