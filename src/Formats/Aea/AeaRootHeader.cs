using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Aea;

/// <summary>The root header: sizes and algorithms of an archive, encrypted with a key of its own.</summary>
internal sealed class AeaRootHeader
{
    internal const int Size = 48;

    // A segment is decoded whole and cached; Apple's are 1 MiB.
    private const uint MaxSegmentSize = 64 << 20;

    // A cluster's header is read whole; Apple's have 256 segments.
    private const uint MaxSegmentsPerCluster = 1 << 20;

    private AeaRootHeader(
        long originalSize, long archiveSize, int segmentSize, int segmentsPerCluster, AeaCompression compression, AeaChecksum checksum)
    {
        OriginalSize = originalSize;
        ArchiveSize = archiveSize;
        SegmentSize = segmentSize;
        SegmentsPerCluster = segmentsPerCluster;
        Compression = compression;
        Checksum = checksum;
    }

    internal long OriginalSize { get; }

    internal long ArchiveSize { get; }

    internal int SegmentSize { get; }

    internal int SegmentsPerCluster { get; }

    internal AeaCompression Compression { get; }

    internal AeaChecksum Checksum { get; }

    internal int ChecksumSize => Checksum switch { AeaChecksum.None => 0, AeaChecksum.Murmur => 8, _ => 32 };

    internal int SegmentHeaderSize => 8 + ChecksumSize;

    /// <summary>Bytes of a cluster's header: segment headers, the next cluster's MAC, a MAC for each segment.</summary>
    internal int ClusterHeaderSize => (SegmentsPerCluster * (SegmentHeaderSize + AeaPrologue.MacSize)) + AeaPrologue.MacSize;

    internal long SegmentCount => (OriginalSize / SegmentSize) + (OriginalSize % SegmentSize == 0 ? 0 : 1);

    internal long ClusterCount => (SegmentCount + SegmentsPerCluster - 1) / SegmentsPerCluster;

    /// <summary>Reads a decrypted root header that lies at <paramref name="origin"/> and checks it against the archive's length.</summary>
    internal static AeaRootHeader Read(ReadOnlySpan<byte> bytes, long origin, long dataStart, long length)
    {
        var reader = new SpanReader(bytes, AeaPrologue.Format, origin);
        var originalSize = reader.ReadOffset64();
        var archiveSize = reader.ReadOffset64();
        var segmentSize = reader.ReadUInt32();
        var segmentsPerCluster = reader.ReadUInt32();
        var compression = (AeaCompression)reader.ReadByte();
        var checksum = (AeaChecksum)reader.ReadByte();
        if (!Enum.IsDefined(compression) || !Enum.IsDefined(checksum))
        {
            throw new FirmwareFormatException(AeaPrologue.Format, origin + 24, $"unknown compression {(int)compression} or checksum {(int)checksum}");
        }

        if (segmentSize is 0 or > MaxSegmentSize)
        {
            throw new FirmwareFormatException(AeaPrologue.Format, origin + 16, $"segments of {segmentSize} bytes");
        }

        if (archiveSize > length)
        {
            throw new FirmwareFormatException(AeaPrologue.Format, length, $"the archive is cut short: it has {length} of {archiveSize} bytes");
        }

        if (segmentsPerCluster is 0 or > MaxSegmentsPerCluster)
        {
            throw new FirmwareFormatException(AeaPrologue.Format, origin + 20, $"{segmentsPerCluster} segments a cluster");
        }

        // Every cluster must find room for its header in the archive before any number here is believed.
        var header = new AeaRootHeader(originalSize, archiveSize, (int)segmentSize, (int)segmentsPerCluster, compression, checksum);
        if (header.ClusterCount > (length - dataStart) / header.ClusterHeaderSize)
        {
            throw new FirmwareFormatException(
                AeaPrologue.Format, origin, $"{originalSize} bytes in {header.ClusterCount} clusters find no room in the archive");
        }

        return header;
    }
}
