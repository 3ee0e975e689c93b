using System.Security.Cryptography;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// The contents of an Apple Encrypted Archive, readable at any offset: only the segments under a read are decrypted, each proved by
/// its HMAC first. Cluster headers are read, and proved as a chain, when a read first goes past them. Profiles 0, 1 and 2 (signed,
/// symmetric, both). Facts: AppleArchive's AEA headers and the public description of the format (kinnay/AEA, FORMAT.md).
/// </summary>
public sealed class AeaArchive : BlockedByteSource, IFormatReader<AeaArchive>
{
    private readonly ByteSource _source;
    private readonly AeaRootHeader _root;
    private readonly byte[] _mainKey;
    private readonly byte[] _firstMac;
    private readonly long _dataStart;
    private readonly bool _encrypted;
    private readonly Lock _gate = new();
    private readonly List<AeaCluster> _clusters = [];

    internal AeaArchive(ByteSource source, AeaPrologue prologue, AeaRootHeader root, byte[] mainKey, byte[] firstMac, long dataStart, BlockCache? cache)
        : base(cache)
    {
        _source = source;
        _root = root;
        _mainKey = mainKey;
        _firstMac = firstMac;
        _dataStart = dataStart;
        _encrypted = prologue.IsEncrypted;
        Prologue = prologue;
    }

    /// <inheritdoc/>
    public override long Length => _root.OriginalSize;

    /// <summary>Profile and authenticated data.</summary>
    public AeaPrologue Prologue { get; }

    /// <summary>How segments are compressed.</summary>
    public AeaCompression Compression => _root.Compression;

    /// <summary>What proves decoded segments, beside the HMAC of the stored ones.</summary>
    public AeaChecksum Checksum => _root.Checksum;

    /// <summary>Decoded bytes of every segment but the last.</summary>
    public int SegmentSize => _root.SegmentSize;

    /// <summary>Segments of every cluster.</summary>
    public int SegmentsPerCluster => _root.SegmentsPerCluster;

    /// <inheritdoc/>
    protected override string Kind => AeaPrologue.Format;

    /// <inheritdoc/>
    public static int HeadLength => AeaPrologue.MagicLength;

    /// <summary>Whether a file that begins with <paramref name="head"/> is an archive.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => AeaPrologue.Matches(head);

    static AeaArchive IFormatReader<AeaArchive>.Open(ByteSource source) => Open(source);

    /// <summary>Finds the archive's key and opens it; reads the headers in front of the data only.</summary>
    /// <param name="source">The archive.</param>
    /// <param name="keys">Where keys may come from; without it only keys that the archive carries itself.</param>
    /// <param name="cache">Where decoded segments live; the process's cache by default.</param>
    /// <exception cref="FirmwareFormatException">
    /// The source is no archive, is damaged or cut short, has a profile that needs more than a symmetric key, or no key opens it; the
    /// message then names the key and how to give it.
    /// </exception>
    public static AeaArchive Open(ByteSource source, AeaKeyOptions? keys = null, BlockCache? cache = null) =>
        AeaOpener.Open(source, keys ?? AeaKeyOptions.None, cache);

    /// <inheritdoc/>
    protected override long FindBlock(long offset, out long start, out int length)
    {
        var index = offset / _root.SegmentSize;
        start = index * _root.SegmentSize;
        length = (int)Math.Min(_root.SegmentSize, Length - start);
        return index;
    }

    /// <inheritdoc/>
    protected override void DecodeBlock(long index, Span<byte> destination)
    {
        var cluster = Cluster(index / _root.SegmentsPerCluster);
        var segment = (int)(index % _root.SegmentsPerCluster);
        var (offset, stored) = cluster.Locate(segment);
        if (stored == destination.Length)
        {
            // Stored as it is, so it can be proved and decrypted where it is wanted.
            ReadSegment(cluster, index, segment, offset, destination);
        }
        else
        {
            var rented = BoundedArrayPool<byte>.Shared.Rent(stored);
            try
            {
                var bytes = rented.AsSpan(0, stored);
                ReadSegment(cluster, index, segment, offset, bytes);
                AeaSegment.Decompress(_root.Compression, bytes, destination);
            }
            finally
            {
                BoundedArrayPool<byte>.Shared.Return(rented);
            }
        }

        if (!AeaSegment.Matches(_root.Checksum, destination, cluster.Checksum(segment)))
        {
            throw new FirmwareFormatException(AeaPrologue.Format, offset, $"segment {index} decodes to bytes that its checksum denies");
        }
    }

    private void ReadSegment(AeaCluster cluster, long index, int segment, long offset, Span<byte> bytes)
    {
        _source.ReadExactly(offset, bytes);
        Span<byte> room = stackalloc byte[AeaDataKey.MaxSize];
        var key = AeaDataKey.Segment(cluster.Key, (uint)segment, _encrypted, room);
        if (!key.Verify(bytes, [], cluster.Mac(segment)))
        {
            throw new FirmwareFormatException(AeaPrologue.Format, offset, $"segment {index} fails its HMAC: the archive is damaged");
        }

        key.Decrypt(bytes);
        CryptographicOperations.ZeroMemory(room);
    }

    // A cluster begins where the one before it ends, and only that one's header knows what its own must hash to.
    private AeaCluster Cluster(long index)
    {
        lock (_gate)
        {
            while (_clusters.Count <= index)
            {
                var last = _clusters.Count == 0 ? null : _clusters[^1];
                var mac = last is null ? _firstMac : last.NextMac;
                var offset = last?.End ?? _dataStart;
                _clusters.Add(AeaCluster.Read(_source, offset, (uint)_clusters.Count, _root, _mainKey, _encrypted, mac));
            }

            return _clusters[(int)index];
        }
    }
}
