using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.AppleArchive;

/// <summary>How archives are indexed.</summary>
public sealed record AppleArchiveOptions
{
    /// <summary>Where decoded chunks live; the process's cache by default.</summary>
    public BlockCache? Cache { get; init; }

    /// <summary>
    /// Entries that an index may hold, of all its archives together. An entry takes about 100 bytes; the payload of a full iOS update
    /// has some hundred thousand.
    /// </summary>
    public int MostEntries { get; init; } = 2_000_000;

    /// <summary>Bytes of names, link targets and hashes that an index may hold.</summary>
    public int MostNameBytes { get; init; } = 256 << 20;

    /// <summary>Archives that are indexed at the same time.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;
}
