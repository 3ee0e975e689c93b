using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Aea;

/// <summary>One cluster's verified header: where its segments lie, how long they are, and what proves each of them.</summary>
internal sealed class AeaCluster
{
    private readonly byte[] _header;
    private readonly AeaRootHeader _root;
    private readonly long[] _offsets;

    private AeaCluster(byte[] header, AeaRootHeader root, byte[] key, long[] offsets)
    {
        _header = header;
        _root = root;
        _offsets = offsets;
        Key = key;
    }

    /// <summary>The key that segment keys are derived from.</summary>
    internal byte[] Key { get; }

    /// <summary>Where the next cluster begins.</summary>
    internal long End => _offsets[^1];

    /// <summary>What the next cluster's header must hash to.</summary>
    internal ReadOnlySpan<byte> NextMac => _header.AsSpan(MacOffset, AeaPrologue.MacSize);

    private int MacOffset => _root.SegmentsPerCluster * _root.SegmentHeaderSize;

    /// <summary>Reads the header at <paramref name="offset"/>, proves it by <paramref name="mac"/> and decrypts it.</summary>
    /// <exception cref="FirmwareFormatException">The header is damaged, or a segment leaves the archive.</exception>
    internal static AeaCluster Read(
        Bytes.ByteSource source, long offset, uint index, AeaRootHeader root, ReadOnlySpan<byte> mainKey, bool encrypted, ReadOnlySpan<byte> mac)
    {
        var header = source.ReadBytes(offset, root.ClusterHeaderSize);
        var clusterKey = AeaDataKey.ClusterKey(mainKey, index);
        var key = AeaDataKey.Derive(clusterKey, "AEA_CHEK"u8, encrypted, stackalloc byte[AeaDataKey.MaxSize]);
        var headersSize = root.SegmentsPerCluster * root.SegmentHeaderSize;
        var headers = header.AsSpan(0, headersSize);
        if (!key.Verify(headers, header.AsSpan(headersSize), mac))
        {
            throw new FirmwareFormatException(AeaPrologue.Format, offset, $"the header of cluster {index} fails its HMAC: the archive is damaged");
        }

        key.Decrypt(headers);
        var offsets = new long[root.SegmentsPerCluster + 1];
        offsets[0] = offset + root.ClusterHeaderSize;
        for (var i = 0; i < root.SegmentsPerCluster; i++)
        {
            var segment = headers[(i * root.SegmentHeaderSize)..];
            var original = BinaryPrimitives.ReadUInt32LittleEndian(segment);
            var stored = BinaryPrimitives.ReadUInt32LittleEndian(segment[4..]);
            var expected = ExpectedSize(root, (index * (long)root.SegmentsPerCluster) + i);
            if (original != expected || stored > original)
            {
                throw new FirmwareFormatException(
                    AeaPrologue.Format, offset, $"segment {i} of cluster {index} has {stored} bytes for {original}, where {expected} are due");
            }

            offsets[i + 1] = offsets[i] + stored;
        }

        if (offsets[^1] > source.Length)
        {
            throw new FirmwareFormatException(AeaPrologue.Format, offset, $"cluster {index} leaves the archive, which ends at 0x{source.Length:x}");
        }

        return new AeaCluster(header, root, clusterKey, offsets);
    }

    /// <summary>Where segment <paramref name="index"/> is stored, and in how many bytes.</summary>
    internal (long Offset, int Stored) Locate(int index) => (_offsets[index], (int)(_offsets[index + 1] - _offsets[index]));

    /// <summary>What the decoded segment must hash to; empty where the archive has no checksums.</summary>
    internal ReadOnlySpan<byte> Checksum(int index) =>
        _header.AsSpan((index * _root.SegmentHeaderSize) + 8, _root.ChecksumSize);

    /// <summary>What the stored segment must hash to.</summary>
    internal ReadOnlySpan<byte> Mac(int index) =>
        _header.AsSpan(MacOffset + AeaPrologue.MacSize + (index * AeaPrologue.MacSize), AeaPrologue.MacSize);

    // Every segment but the last is full, which is what makes an offset lead to its segment without a search.
    private static long ExpectedSize(AeaRootHeader root, long segment) =>
        Math.Clamp(root.OriginalSize - (segment * root.SegmentSize), 0, root.SegmentSize);
}
