using System.Buffers.Binary;
using System.IO.Hashing;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.Plist;

namespace IpswDiff.Forge.Udif;

/// <summary>
/// Writes a UDIF image front to back: the data fork chunk by chunk, then the property list with the block tables (<c>mish</c>),
/// then the trailer (<c>koly</c>). Layout and checksums as in images of macOS's hdiutil.
/// </summary>
public sealed class UdifWriter : ForgeSink
{
    private const int SectorSize = 512;
    private const int TrailerSize = 512;
    private const int TableHeaderSize = 204;
    private const int EntrySize = 40;
    private const uint Terminator = 0xFFFFFFFF;
    private const uint Crc32Type = 2;
    private const int ExtraBufferSectors = 8;

    private readonly Stream _output;
    private readonly UdifOptions _options;
    private readonly byte[] _chunk;
    private readonly Crc32 _forkChecksum = new();
    private readonly List<Table> _tables = [];
    private int _filled;
    private int _chunks;
    private long _forkLength;

    public UdifWriter(Stream output, UdifOptions? options = null)
    {
        _output = output;
        _options = options ?? new UdifOptions();
        _chunk = new byte[_options.ChunkSectors * SectorSize];
        _output.Write(new byte[_options.DataForkOffset]);
    }

    /// <summary>Starts the next block table. Everything written until the next call belongs to it.</summary>
    public void BeginTable(string name)
    {
        Flush();
        if (Position % SectorSize != 0)
        {
            throw new InvalidOperationException("a table ends inside a sector");
        }

        _tables.Add(new Table(name, Position / SectorSize));
    }

    /// <summary>Writes what comes after the data fork.</summary>
    public void Finish()
    {
        Flush();
        var plist = XmlPlistWriter.Write(ForgePlist.Dict(("resource-fork", ForgePlist.Dict(
            ("blkx", _tables.Select((table, index) => (object)Resource(index - 1, table.Name, table.ToArray(index, _options.ChunkSectors + ExtraBufferSectors))).ToArray()),
            ("plst", ForgePlist.Array(Resource(0, string.Empty, new byte[1032])))))));
        _output.Write(plist);
        _output.Write(Trailer(plist.Length));
    }

    protected override void WriteCore(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Math.Min(bytes.Length, _chunk.Length - _filled);
            bytes[..count].CopyTo(_chunk.AsSpan(_filled));
            _filled += count;
            bytes = bytes[count..];
            if (_filled == _chunk.Length)
            {
                Flush();
            }
        }
    }

    // A range of zeros worth leaving out ends the chunk before it, so chunks are not all of one size.
    protected override void WriteZerosCore(long count)
    {
        if (_options.Zeros != UdifChunkKind.Raw && count > _chunk.Length / 2)
        {
            var rest = -_filled & (SectorSize - 1);
            WriteCore(new byte[rest]);
            Flush();
            count -= rest;
            AddZeros(count / SectorSize);
            count %= SectorSize;
        }

        var zeros = new byte[(int)Math.Min(count, _chunk.Length)];
        for (; count > 0; count -= Math.Min(count, zeros.Length))
        {
            WriteCore(zeros.AsSpan(0, (int)Math.Min(count, zeros.Length)));
        }
    }

    private void AddZeros(long sectors)
    {
        var table = _tables[^1];
        if (_options.Zeros == UdifChunkKind.Zero)
        {
            var zeros = new byte[1 << 16];
            for (var rest = sectors * SectorSize; rest > 0; rest -= Math.Min(rest, zeros.Length))
            {
                table.Checksum.Append(zeros.AsSpan(0, (int)Math.Min(rest, zeros.Length)));
            }
        }

        table.Add(_options.Zeros, sectors, _forkLength, 0);
    }

    private void Flush()
    {
        if (_filled == 0)
        {
            return;
        }

        var bytes = _chunk.AsSpan(0, _filled);
        _filled = 0;
        if (_options.Zeros != UdifChunkKind.Raw && !bytes.ContainsAnyExcept((byte)0))
        {
            AddZeros(bytes.Length / SectorSize);
            return;
        }

        var table = _tables[^1];
        table.Checksum.Append(bytes);
        var kind = _options.KindOf?.Invoke(_chunks) ?? _options.Kind;
        _chunks++;
        ReadOnlySpan<byte> stored = bytes;
        if (kind != UdifChunkKind.Raw)
        {
            var encoded = UdifChunkEncoder.Encode(kind, bytes, _options.PortableZlib);
            if (encoded.Length < bytes.Length)
            {
                stored = encoded;
            }
            else
            {
                kind = UdifChunkKind.Raw;
            }
        }

        _output.Write(stored);
        _forkChecksum.Append(stored);
        table.Add(kind, bytes.Length / SectorSize, _forkLength, stored.Length);
        _forkLength += stored.Length;
    }

    private static PlistDict Resource(int id, string name, byte[] data) => ForgePlist.Dict(
        ("Attributes", "0x0050"),
        ("CFName", name),
        ("Data", data),
        ("ID", id.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ("Name", name));

    private byte[] Trailer(int plistLength)
    {
        var master = new Crc32();
        Span<byte> word = stackalloc byte[4];
        foreach (var table in _tables)
        {
            BinaryPrimitives.WriteUInt32BigEndian(word, table.Checksum.GetCurrentHashAsUInt32());
            master.Append(word);
        }

        var trailer = new byte[TrailerSize];
        "koly"u8.CopyTo(trailer);
        Put32(trailer, 4, 4);
        Put32(trailer, 8, TrailerSize);
        Put32(trailer, 12, 1);
        Put64(trailer, 24, _options.DataForkOffset);
        Put64(trailer, 32, _forkLength);
        Put32(trailer, 56, 1);
        Put32(trailer, 60, 1);
        _options.SegmentId.ToByteArray(bigEndian: true).CopyTo(trailer, 64);
        PutChecksum(trailer, 80, _forkChecksum);
        Put64(trailer, 216, _options.DataForkOffset + _forkLength);
        Put64(trailer, 224, plistLength);
        PutChecksum(trailer, 352, master);
        Put32(trailer, 488, 1);
        Put64(trailer, 492, Position / SectorSize);
        return trailer;
    }

    private static void PutChecksum(Span<byte> bytes, int offset, Crc32 checksum)
    {
        Put32(bytes, offset, Crc32Type);
        Put32(bytes, offset + 4, 32);
        Put32(bytes, offset + 8, checksum.GetCurrentHashAsUInt32());
    }

    private static void Put32(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(bytes[offset..], value);

    private static void Put64(Span<byte> bytes, int offset, long value) => BinaryPrimitives.WriteInt64BigEndian(bytes[offset..], value);

    private sealed class Table(string name, long firstSector)
    {
        private readonly List<(UdifChunkKind Kind, long Sector, long Sectors, long Offset, long Length)> _entries = [];
        private long _sectors;

        public string Name { get; } = name;

        public Crc32 Checksum { get; } = new();

        public void Add(UdifChunkKind kind, long sectors, long offset, long length)
        {
            if (length == 0 && _entries.Count > 0 && _entries[^1] is { Length: 0 } before && before.Kind == kind)
            {
                _entries[^1] = before with { Sectors = before.Sectors + sectors };
            }
            else if (sectors > 0)
            {
                _entries.Add((kind, _sectors, sectors, offset, length));
            }

            _sectors += sectors;
        }

        public byte[] ToArray(int index, int bufferSectors)
        {
            var bytes = new byte[TableHeaderSize + ((_entries.Count + 1) * EntrySize)];
            "mish"u8.CopyTo(bytes);
            Put32(bytes, 4, 1);
            Put64(bytes, 8, firstSector);
            Put64(bytes, 16, _sectors);
            Put32(bytes, 32, (uint)bufferSectors);
            Put32(bytes, 36, (uint)index);
            PutChecksum(bytes, 64, Checksum);
            Put32(bytes, 200, (uint)(_entries.Count + 1));
            var at = TableHeaderSize;
            foreach (var (kind, sector, sectors, offset, length) in _entries)
            {
                Put32(bytes, at, (uint)kind);
                Put64(bytes, at + 8, sector);
                Put64(bytes, at + 16, sectors);
                Put64(bytes, at + 24, offset);
                Put64(bytes, at + 32, length);
                at += EntrySize;
            }

            Put32(bytes, at, Terminator);
            Put64(bytes, at + 8, _sectors);
            return bytes;
        }
    }
}
