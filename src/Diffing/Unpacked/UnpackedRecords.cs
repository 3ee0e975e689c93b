using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>A block of an index: entries in path order, packed.</summary>
/// <param name="First">The path of its first entry.</param>
/// <param name="Offset">Where it begins in the index, in bytes.</param>
/// <param name="PackedLength">Its bytes there.</param>
/// <param name="Length">Its bytes, unpacked.</param>
/// <param name="Entries">How many entries it holds.</param>
internal sealed record IndexBlock(string First, long Offset, int PackedLength, int Length, int Entries) : IOrdered<string>
{
    /// <inheritdoc/>
    public int CompareStart(string key) => PathOrder.Compare(First, key);
}

/// <summary>
/// A stretch of the places at which contents lie: one blob. Places are counted over all blobs of a volume, so that one number says where a
/// file's contents begin.
/// </summary>
/// <param name="Start">The place of the blob's first byte.</param>
/// <param name="Length">Bytes of the blob.</param>
/// <param name="Name">The blob, an artifact of the unpacked firmware.</param>
internal sealed record ContentExtent(long Start, long Length, string Name) : IOrdered<long>
{
    /// <inheritdoc/>
    public int CompareStart(long key) => Start.CompareTo(key);
}

/// <summary>What unpacking one range of a volume's files came to; its entries lie beside it as blocks of an index.</summary>
internal sealed record UnpackedRange
{
    /// <summary>The artifact with the blocks.</summary>
    public required string BlocksName { get; init; }

    /// <summary>The blocks, in path order, by their offsets among those of this range.</summary>
    public required IReadOnlyList<IndexBlock> Blocks { get; init; }

    /// <summary>Where contents lie, by ascending place.</summary>
    public required IReadOnlyList<ContentExtent> Extents { get; init; }

    /// <summary>Bytes of all files of the range, each name counted.</summary>
    public long Bytes { get; init; }
}

/// <summary>A volume that lies unpacked: what its file system says of itself, and where its index and contents are.</summary>
internal sealed record UnpackedVolumeRecord
{
    /// <summary>The volume's own name.</summary>
    public required string Name { get; init; }

    /// <summary>Its file system, as reports name it.</summary>
    public required string FileSystem { get; init; }

    /// <summary>Whether names that differ only in case are different names.</summary>
    public bool CaseSensitive { get; init; }

    /// <summary>Whether the volume was sealed.</summary>
    public bool Sealed { get; init; }

    /// <summary>The blocks of the index, in path order.</summary>
    public required IReadOnlyList<IndexBlock> Blocks { get; init; }

    /// <summary>Where contents lie, by ascending place.</summary>
    public required IReadOnlyList<ContentExtent> Extents { get; init; }

    /// <summary>Names in the volume.</summary>
    public long Entries { get; init; }

    /// <summary>Bytes of all files, each name counted.</summary>
    public long Bytes { get; init; }
}
