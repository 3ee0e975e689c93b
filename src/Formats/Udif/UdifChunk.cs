using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>How the bytes of a chunk are stored: the entry types of a <c>blkx</c> table.</summary>
internal enum UdifChunkKind : uint
{
    /// <summary>Zeros, nothing stored.</summary>
    Zero = 0x00000000,

    /// <summary>Stored as they are.</summary>
    Raw = 0x00000001,

    /// <summary>Never written: reads as zeros.</summary>
    Ignore = 0x00000002,

    /// <summary>Apple Data Compression.</summary>
    Adc = 0x80000004,

    /// <summary>A zlib stream.</summary>
    Zlib = 0x80000005,

    /// <summary>A bzip2 stream.</summary>
    Bzip2 = 0x80000006,

    /// <summary>LZFSE.</summary>
    Lzfse = 0x80000007,

    /// <summary>LZMA, in an xz container.</summary>
    Lzma = 0x80000008,

    /// <summary>Not data.</summary>
    Comment = 0x7FFFFFFE,

    /// <summary>End of a table.</summary>
    Terminator = 0xFFFFFFFF,
}

/// <summary>A run of the disk: <see cref="Length"/> bytes from <see cref="Start"/>, found at <see cref="StoredOffset"/> of the file.</summary>
internal readonly record struct UdifChunk(long Start, long Length, long StoredOffset, long StoredLength, UdifChunkKind Kind) : IOrdered<long>
{
    internal long End => Start + Length;

    public int CompareStart(long key) => Start.CompareTo(key);

    /// <summary>Whether reading it needs no decoding.</summary>
    internal bool IsDirect => Kind is UdifChunkKind.Zero or UdifChunkKind.Ignore or UdifChunkKind.Raw;
}

/// <summary>One <c>blkx</c> table: the part of the disk it describes and that part's checksum.</summary>
internal sealed record UdifTable(string Name, int Id, long Start, long Length, UdifChecksum Checksum);
