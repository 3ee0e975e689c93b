using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>
/// Reads <c>blkx</c> resources (<c>mish</c> tables: a 204-byte header and 40-byte entries, big endian) into one sorted chunk table
/// without gaps.
/// </summary>
internal sealed class BlkxReader(long diskLength, long dataForkOffset, long dataForkLength)
{
    private const uint Mish = 0x6D697368;
    private const int HeaderSize = 204;
    private const int EntrySize = 40;

    // hdiutil writes chunks of 256 KiB to 1 MiB; anything beyond this is an attempt on memory.
    private const long MaximumChunk = 64L << 20;

    private readonly List<UdifChunk> _chunks = [];
    private readonly List<UdifTable> _tables = [];

    internal IReadOnlyList<UdifTable> Tables => _tables;

    internal void Add(UdifResource resource)
    {
        var reader = new SpanReader(resource.Data.Span, UdifImage.Format, resource.Offset, bigEndian: true);
        if (reader.Remaining < HeaderSize || reader.ReadUInt32() != Mish)
        {
            throw reader.Fault($"blkx table {resource.Id} does not begin with mish");
        }

        reader.Skip(4);
        var firstSector = reader.ReadOffset64();
        var sectorCount = reader.ReadOffset64();
        var dataOffset = reader.ReadOffset64();
        reader.Skip(8 + 24);
        var checksum = UdifChecksum.Read(ref reader);
        var count = reader.ReadUInt32();
        if (count > reader.Remaining / EntrySize)
        {
            throw reader.Fault($"blkx table {resource.Id} claims {count} chunks, but holds {reader.Remaining / EntrySize}");
        }

        var (start, length) = Sectors(firstSector, sectorCount, ref reader);
        if (start > diskLength - length)
        {
            throw reader.Fault($"blkx table {resource.Id} describes sectors beyond the end of the disk");
        }

        _tables.Add(new UdifTable(resource.Name, resource.Id, start, length, checksum));
        _chunks.EnsureCapacity(_chunks.Count + (int)count);
        for (var i = 0; i < count; i++)
        {
            if (!AddEntry(ref reader, start, length, dataOffset))
            {
                break;
            }
        }
    }

    /// <summary>The chunks of all tables in the disk's order; whatever no table describes reads as zeros.</summary>
    internal UdifChunk[] Build()
    {
        _chunks.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        var whole = new List<UdifChunk>(_chunks.Count + 2);
        var position = 0L;
        foreach (var chunk in _chunks)
        {
            if (chunk.Start < position)
            {
                throw new FirmwareFormatException(
                    UdifImage.Format, chunk.StoredOffset, $"two chunks describe the disk at 0x{chunk.Start:x}");
            }

            AddGap(whole, position, chunk.Start);
            whole.Add(chunk);
            position = chunk.End;
        }

        AddGap(whole, position, diskLength);
        return [.. whole];
    }

    private static void AddGap(List<UdifChunk> chunks, long from, long to)
    {
        if (to > from)
        {
            chunks.Add(new UdifChunk(from, to - from, 0, 0, UdifChunkKind.Zero));
        }
    }

    private bool AddEntry(ref SpanReader reader, long tableStart, long tableLength, long dataOffset)
    {
        var kind = (UdifChunkKind)reader.ReadUInt32();
        reader.Skip(4);
        var firstSector = reader.ReadOffset64();
        var sectorCount = reader.ReadOffset64();
        var storedOffset = reader.ReadOffset64();
        var storedLength = reader.ReadOffset64();
        if (kind == UdifChunkKind.Terminator)
        {
            return false;
        }

        if (kind == UdifChunkKind.Comment || sectorCount == 0)
        {
            return true;
        }

        var (start, length) = Sectors(firstSector, sectorCount, ref reader);
        if (start > tableLength - length)
        {
            throw reader.Fault("a chunk lies beyond the sectors of its blkx table");
        }

        if (kind is UdifChunkKind.Zero or UdifChunkKind.Ignore)
        {
            _chunks.Add(new UdifChunk(tableStart + start, length, 0, 0, kind));
            return true;
        }

        // The range is relative to the data fork, however the table's own offset (0 in practice) is set.
        if (dataOffset > dataForkLength || storedOffset > dataForkLength - dataOffset || storedLength > dataForkLength - dataOffset - storedOffset)
        {
            throw reader.Fault($"a chunk is stored at 0x{storedOffset:x} ({storedLength} bytes), outside the data fork");
        }

        CheckKind(kind, length, storedLength, ref reader);
        _chunks.Add(new UdifChunk(tableStart + start, length, dataForkOffset + dataOffset + storedOffset, storedLength, kind));
        return true;
    }

    private static void CheckKind(UdifChunkKind kind, long length, long storedLength, ref SpanReader reader)
    {
        switch (kind)
        {
            case UdifChunkKind.Raw:
                if (storedLength != length)
                {
                    throw reader.Fault($"a raw chunk of {length} bytes stores {storedLength}");
                }

                break;
            case UdifChunkKind.Adc or UdifChunkKind.Zlib or UdifChunkKind.Bzip2 or UdifChunkKind.Lzfse or UdifChunkKind.Lzma:
                if (length > MaximumChunk || storedLength > MaximumChunk || storedLength == 0)
                {
                    throw reader.Fault($"a compressed chunk of {storedLength} bytes for {length} is out of range");
                }

                break;
            default:
                throw reader.Fault($"unknown chunk type 0x{(uint)kind:x8}");
        }
    }

    private static (long Start, long Length) Sectors(long first, long count, ref SpanReader reader)
    {
        const long Maximum = long.MaxValue / UdifImage.SectorSize / 4;
        return first > Maximum || count > Maximum
            ? throw reader.Fault($"sectors 0x{first:x}+0x{count:x} are out of range")
            : (first * UdifImage.SectorSize, count * UdifImage.SectorSize);
    }
}
