using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>
/// A UDIF disk image (<c>.dmg</c>): a disk stored in chunks, each raw, zero or compressed, found through <c>blkx</c> tables that the
/// <c>koly</c> trailer at the end of the file leads to. Reads as the disk itself.
/// </summary>
public sealed class UdifImage : BlockedByteSource, IFormatReader<UdifImage>
{
    internal const string Format = "UDIF";

    /// <summary>Bytes of a sector of the disk.</summary>
    internal const int SectorSize = 512;

    private const long MaximumPropertyList = 64L << 20;

    // A direct chunk may be larger than a block may be, so it is answered in pieces; the piece is the upper half of the block index.
    private const int PieceShift = 32;
    private const long PieceLength = 1L << 30;

    private readonly ByteSource _file;
    private readonly KolyTrailer _trailer;
    private readonly UdifChunk[] _chunks;
    private readonly UdifTable[] _tables;

    private UdifImage(ByteSource file, KolyTrailer trailer, BlkxReader tables, BlockCache? cache)
        : base(cache)
    {
        _file = file;
        _trailer = trailer;
        _chunks = tables.Build();
        _tables = [.. tables.Tables];
        Length = trailer.SectorCount * SectorSize;
    }

    /// <summary>Length of the disk in bytes.</summary>
    public override long Length { get; }

    /// <inheritdoc/>
    protected override string Kind => Format;

    /// <summary>Number of chunks the disk is stored in, gaps included.</summary>
    public int ChunkCount => _chunks.Length;

    /// <summary>The names of the <c>blkx</c> tables, which are those of the partitions they hold.</summary>
    public IReadOnlyList<string> TableNames => Array.ConvertAll(_tables, static table => table.Name);

    /// <inheritdoc/>
    public static int HeadLength => EncryptedImage.MagicLength;

    /// <summary>
    /// Whether a file that begins with <paramref name="head"/> is an image under a passphrase. The others are told by their end alone, for
    /// which see <see cref="Matches(ByteSource)"/>.
    /// </summary>
    public static bool Matches(ReadOnlySpan<byte> head) => EncryptedImage.Begins(head);

    /// <summary>Whether <paramref name="source"/> is, by its trailer or its header, a UDIF image or a legacy encrypted one.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static bool Matches(ByteSource source) => EncryptedImage.Describe(source) is not null || KolyTrailer.IsPresent(source);

    static UdifImage IFormatReader<UdifImage>.Open(ByteSource source) => Open(source);

    /// <summary>Opens an image; reads its trailer and chunk tables only.</summary>
    /// <param name="source">The whole file.</param>
    /// <param name="cache">Where decoded chunks live; the process's own by default.</param>
    /// <exception cref="FirmwareFormatException">It is no UDIF image, it is damaged, it is encrypted, or it is one segment of several.</exception>
    public static UdifImage Open(ByteSource source, BlockCache? cache = null)
    {
        if (EncryptedImage.Describe(source) is { } encryption)
        {
            throw new FirmwareFormatException(Format, 0, encryption);
        }

        var trailer = KolyTrailer.Read(source);
        if (trailer.SegmentCount > 1)
        {
            throw new FirmwareFormatException(
                Format,
                source.Length - KolyTrailer.Size,
                $"a segmented image ({trailer.SegmentCount} .dmgpart files) cannot be read; join it with hdiutil first");
        }

        var tables = new BlkxReader(trailer.SectorCount * SectorSize, trailer.DataForkOffset, trailer.DataForkLength);
        foreach (var resource in ReadResources(source, trailer))
        {
            tables.Add(resource);
        }

        return tables.Tables.Count > 0
            ? new UdifImage(source, trailer, tables, cache)
            : throw new FirmwareFormatException(Format, source.Length - KolyTrailer.Size, "the image has no blkx table, so nothing says where its chunks are");
    }

    /// <summary>
    /// Checks every checksum the image has: of the data fork, of each <c>blkx</c> table's part of the disk, and the master checksum over
    /// those. Reads the whole image.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A checksum does not match, or a chunk cannot be decoded.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Verify(CancellationToken cancellationToken = default) =>
        UdifVerifier.Verify(this, _file, _trailer, _tables, _chunks, cancellationToken);

    /// <inheritdoc/>
    public override ByteRun RunAt(long offset)
    {
        CheckRange(offset, 1);
        ref readonly var chunk = ref _chunks[OrderedSearch.LastAtOrBefore<UdifChunk, long>(_chunks, offset)];
        return new ByteRun(chunk.End - offset, chunk.Kind is UdifChunkKind.Zero or UdifChunkKind.Ignore);
    }

    /// <inheritdoc/>
    protected override long FindBlock(long offset, out long start, out int length)
    {
        var low = OrderedSearch.LastAtOrBefore<UdifChunk, long>(_chunks, offset);
        ref readonly var chunk = ref _chunks[low];
        var piece = chunk.IsDirect ? (offset - chunk.Start) / PieceLength : 0;
        start = chunk.Start + (piece * PieceLength);
        length = (int)Math.Min(chunk.IsDirect ? PieceLength : chunk.Length, chunk.End - start);
        return (uint)low | (piece << PieceShift);
    }

    /// <inheritdoc/>
    protected override bool IsDirect(long index) => _chunks[(int)index].IsDirect;

    /// <inheritdoc/>
    protected override void ReadDirect(long index, int offsetInBlock, Span<byte> destination)
    {
        ref readonly var chunk = ref _chunks[(int)index];
        if (chunk.Kind == UdifChunkKind.Raw)
        {
            _file.ReadExactly(chunk.StoredOffset + ((index >> PieceShift) * PieceLength) + offsetInBlock, destination);
        }
        else
        {
            destination.Clear();
        }
    }

    /// <inheritdoc/>
    protected override void DecodeBlock(long index, Span<byte> destination) => UdifChunkDecoder.Decode(_file, _chunks[(int)index], destination);

    private static List<UdifResource> ReadResources(ByteSource source, KolyTrailer trailer)
    {
        if (trailer.XmlLength > MaximumPropertyList)
        {
            throw new FirmwareFormatException(Format, trailer.XmlOffset, $"a property list of {trailer.XmlLength} bytes is out of range");
        }

        if (trailer.XmlLength > 0)
        {
            return UdifPropertyList.Read(source.ReadBytes(trailer.XmlOffset, (int)trailer.XmlLength), trailer.XmlOffset);
        }

        return trailer.ResourceForkLength is > 0 and <= MaximumPropertyList
            ? ResourceFork.Read(source.Slice(trailer.ResourceForkOffset, trailer.ResourceForkLength), "blkx", trailer.ResourceForkOffset)
            : [];
    }
}
