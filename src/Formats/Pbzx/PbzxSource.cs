using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Pbzx;

/// <summary>
/// The plain bytes of a pbzx stream at any offset. Opening walks over the chunk headers; chunks are decoded when they are read. A
/// stream is a magic (<c>pbz</c> and a letter for the algorithm), the block size, and chunks: plain size, stored size, data, all
/// numbers 64-bit big endian; a chunk whose sizes are equal is stored as it is. Facts: the streams that <c>aa</c> and
/// <c>compression_tool</c> of macOS write, and blacktop/ipsw <c>pkg/ota/pbzx</c> and issue 1247 (<c>pbzm</c>).
/// </summary>
public sealed class PbzxSource : BlockedByteSource, IFormatReader<PbzxSource>
{
    internal const string Format = "pbzx";

    private const int HeaderSize = 12;
    private const int ChunkHeaderSize = 16;

    // Apple's tools write 1, 4 or 16 MiB; a chunk must be held whole to be decoded.
    private const long LargestBlock = 64L << 20;
    private const int MostChunks = 1 << 22;

    private readonly ByteSource _source;
    private readonly Chunk[] _chunks;

    private PbzxSource(ByteSource source, PbzxAlgorithm algorithm, int blockSize, List<Chunk> chunks, BlockCache? cache)
        : base(cache)
    {
        _source = source;
        _chunks = [.. chunks];
        Algorithm = algorithm;
        BlockSize = blockSize;
        Length = chunks.Count == 0 ? 0 : chunks[^1].Start + chunks[^1].Size;
    }

    /// <summary>A stream without bytes.</summary>
    internal static PbzxSource Empty { get; } = new(new MemoryByteSource(default), PbzxAlgorithm.None, 1, [], null);

    /// <inheritdoc/>
    public override long Length { get; }

    /// <summary>How chunks are compressed.</summary>
    public PbzxAlgorithm Algorithm { get; }

    /// <summary>Plain bytes of the largest chunk that may occur; all but the last usually have it.</summary>
    public int BlockSize { get; }

    /// <summary>Chunks in the stream.</summary>
    public int ChunkCount => _chunks.Length;

    /// <inheritdoc/>
    protected override string Kind => Format;

    /// <inheritdoc/>
    public static int HeadLength => 4;

    /// <summary>Whether a file that begins with <paramref name="head"/> is such a stream.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) =>
        head.Length >= 4 && head.StartsWith("pbz"u8) && Enum.IsDefined((PbzxAlgorithm)head[3]);

    static PbzxSource IFormatReader<PbzxSource>.Open(ByteSource source) => Open(source);

    /// <summary>Whether it is a stream of this family, be its compression known or not.</summary>
    internal static bool IsOfFamily(ReadOnlySpan<byte> prefix) =>
        prefix.Length >= 4 && prefix.StartsWith("pbz"u8) && char.IsAsciiLetterOrDigit((char)prefix[3]);

    /// <summary>Opens a stream that fills <paramref name="source"/>.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="cache">Where decoded chunks live; the process's cache by default.</param>
    /// <exception cref="FirmwareFormatException">It is no pbzx stream, is cut short, or has chunks of impossible sizes.</exception>
    public static PbzxSource Open(ByteSource source, BlockCache? cache = null)
    {
        Span<byte> bytes = stackalloc byte[ChunkHeaderSize];
        if (source.ReadUpTo(0, bytes[..HeaderSize]) < HeaderSize || !Matches(bytes))
        {
            throw new FirmwareFormatException(Format, 0, IsOfFamily(bytes)
                ? $"a stream that begins with pbz{(char)bytes[3]}: this compression is not known"
                : "no pbzx stream begins here");
        }

        var algorithm = (PbzxAlgorithm)bytes[3];
        var header = new SpanReader(bytes[4..HeaderSize], Format, 4, bigEndian: true);
        var blockSize = header.ReadOffset64();
        if (blockSize is 0 or > LargestBlock)
        {
            throw new FirmwareFormatException(Format, 4, $"a block size of {blockSize} bytes; it must be from 1 to {LargestBlock}");
        }

        var chunks = new List<Chunk>();
        long offset = HeaderSize;
        long start = 0;
        while (offset < source.Length)
        {
            source.ReadExactly(offset, bytes);
            var reader = new SpanReader(bytes, Format, offset, bigEndian: true);
            var size = reader.ReadOffset64();
            var stored = reader.ReadOffset64();
            Check(offset, size, stored, blockSize, algorithm, source.Length, chunks.Count);
            chunks.Add(new Chunk(start, offset + ChunkHeaderSize, (int)size, (int)stored));
            start += size;
            offset += ChunkHeaderSize + stored;
        }

        return new PbzxSource(source, algorithm, (int)blockSize, chunks, cache);
    }

    /// <inheritdoc/>
    protected override long FindBlock(long offset, out long start, out int length)
    {
        var low = OrderedSearch.LastAtOrBefore<Chunk, long>(_chunks, offset);
        start = _chunks[low].Start;
        length = _chunks[low].Size;
        return low;
    }

    /// <inheritdoc/>
    protected override bool IsDirect(long index) => _chunks[(int)index].IsPlain;

    /// <inheritdoc/>
    protected override void ReadDirect(long index, int offsetInBlock, Span<byte> destination) =>
        _source.ReadExactly(_chunks[(int)index].Offset + offsetInBlock, destination);

    /// <inheritdoc/>
    protected override void DecodeBlock(long index, Span<byte> destination)
    {
        var chunk = _chunks[(int)index];
        var rented = BoundedArrayPool<byte>.Shared.Rent(chunk.Stored);
        try
        {
            var stored = rented.AsSpan(0, chunk.Stored);
            _source.ReadExactly(chunk.Offset, stored);
            var written = Decode(Algorithm, stored, destination);
            if (written != destination.Length)
            {
                throw new FirmwareFormatException(Format, chunk.Offset, $"a chunk decodes to {written} of {destination.Length} bytes");
            }
        }
        catch (FirmwareFormatException fault) when (fault.Format != Format)
        {
            throw new FirmwareFormatException(Format, chunk.Offset, $"chunk {index} is damaged: {fault.Message}", fault);
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int Decode(PbzxAlgorithm algorithm, ReadOnlySpan<byte> stored, Span<byte> destination) => algorithm switch
    {
        PbzxAlgorithm.Lzma => Xz.Decode(stored, destination),
        PbzxAlgorithm.Lzfse => Lzfse.Decode(stored, destination),
        PbzxAlgorithm.Lz4 => stored.StartsWith("bv4"u8) ? Lz4.Decode(stored, destination) : Lz4.DecodeBlock(stored, destination),
        PbzxAlgorithm.Lzbitmap => Lzbitmap.Decode(stored, destination),
        PbzxAlgorithm.Lzraven => Lzraven.Decode(stored, destination),
        _ => HasZlibHeader(stored) ? Zlib.Decode(stored, destination) : Zlib.DecodeDeflate(stored, destination),
    };

    // RFC 1950: method 8, and the first two bytes a multiple of 31. Apple's own zlib writes bare deflate in places.
    private static bool HasZlibHeader(ReadOnlySpan<byte> stored) =>
        stored.Length >= 2 && (stored[0] & 0x0f) == 8 && ((stored[0] << 8) | stored[1]) % 31 == 0;

    private static void Check(long offset, long size, long stored, long blockSize, PbzxAlgorithm algorithm, long end, int count)
    {
        if (size == 0 || stored == 0 || size > blockSize)
        {
            throw new FirmwareFormatException(Format, offset, $"a chunk of {size} bytes, stored in {stored}; blocks have {blockSize}");
        }

        if (stored > size || (stored < size && algorithm == PbzxAlgorithm.None))
        {
            throw new FirmwareFormatException(Format, offset, $"a chunk of {size} bytes cannot be stored in {stored}");
        }

        if (stored > end - offset - ChunkHeaderSize)
        {
            throw new FirmwareFormatException(Format, offset, $"a chunk of {stored} bytes is cut short: the stream ends at 0x{end:x}");
        }

        if (count >= MostChunks)
        {
            throw new FirmwareFormatException(Format, offset, $"more than {MostChunks} chunks");
        }
    }

    private readonly record struct Chunk(long Start, long Offset, int Size, int Stored) : IOrdered<long>
    {
        public int CompareStart(long key) => Start.CompareTo(key);

        internal bool IsPlain => Size == Stored;
    }
}
