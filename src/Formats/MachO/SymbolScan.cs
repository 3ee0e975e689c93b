using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// Walks a symbol table in the order that reads least. The images of a shared cache share one huge string table, in which the names of
/// one image lie far apart in the order of its symbols: each batch of entries is therefore visited in the order of its names, so that no
/// byte is read twice and few that are not wanted. A table in proportion to its symbols is read whole and visited in its own order.
/// For one thread; holds pooled buffers until it is disposed of, which <c>foreach</c> does.
/// </summary>
public ref struct SymbolScan : IDisposable
{
    private const int BatchEntries = 8192;

    // Reading on over a gap this small costs less than another read.
    private const int Gap = 512;
    private const int Tail = 256;
    private const int WindowBytes = 64 << 10;

    private readonly ByteSource _entries;
    private readonly ByteSource _table;
    private readonly int _entrySize;
    private readonly bool _bigEndian;
    private readonly bool _whole;
    private readonly bool _selective;
    private ReadOnlySpan<uint> _wanted;
    private byte[]? _buffer;
    private ulong[]? _order;
    private byte[]? _window;
    private long _windowStart;
    private int _windowLength;
    private long _nameBytesLeft;
    private uint _nextOrdinal;
    private uint _firstOrdinal;
    private int _count;
    private int _at;

    internal SymbolScan(ByteSource entries, ByteSource table, int entrySize, bool bigEndian, ReadOnlySpan<uint> wanted, bool selective)
    {
        _entries = entries;
        _table = table;
        _entrySize = entrySize;
        _bigEndian = bigEndian;
        _wanted = wanted;
        _selective = selective;
        var count = entries.Length / entrySize;
        _whole = StringTableReader.IsInProportion(table.Length, count);
        _nameBytesLeft = StringTableReader.NameBytes(table.Length, count);
        _at = -1;
    }

    /// <summary>The symbol the scan stands at; its name is valid until the scan moves on.</summary>
    /// <exception cref="FirmwareFormatException">Its name is out of all bounds.</exception>
    public MachOSymbol Current
    {
        get
        {
            var key = _order![_at];
            var index = (uint)(key >> 32);
            var entry = _buffer.AsSpan((int)(uint)key * _entrySize, _entrySize);
            return new MachOSymbol(
                ReadName(index), index, entry[4], entry[5],
                _bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(entry[6..]) : BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]),
                ValueOf(entry));
        }
    }

    /// <summary>The place of <see cref="Current"/> in the table, from 0.</summary>
    public readonly uint Ordinal => _firstOrdinal + (uint)_order![_at];

    /// <summary>The scan itself, for <c>foreach</c>.</summary>
    public readonly SymbolScan GetEnumerator() => this;

    /// <summary>Moves to the next symbol.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public bool MoveNext() => ++_at < _count || ReadBatch();

    /// <summary>Returns the buffers.</summary>
    public void Dispose()
    {
        Return(ref _buffer);
        Return(ref _window);
        if (_order is not null)
        {
            BoundedArrayPool<ulong>.Shared.Return(_order);
            _order = null;
        }

        (_count, _at) = (0, 0);
    }

    private readonly ulong ValueOf(ReadOnlySpan<byte> entry) => (_entrySize, _bigEndian) switch
    {
        (16, false) => BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
        (16, true) => BinaryPrimitives.ReadUInt64BigEndian(entry[8..]),
        (_, false) => BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]),
        (_, true) => BinaryPrimitives.ReadUInt32BigEndian(entry[8..]),
    };

    private bool ReadBatch()
    {
        (_count, _at) = (0, 0);
        var total = (uint)(_entries.Length / _entrySize);
        if (_selective)
        {
            if (_wanted.IsEmpty || _wanted[0] >= total)
            {
                return false;
            }

            _nextOrdinal = _wanted[0];
        }

        var count = (int)Math.Min(BatchEntries, total - _nextOrdinal);
        if (count == 0)
        {
            return false;
        }

        if (_selective)
        {
            // No further than the last one wanted of those this batch could hold.
            var within = _wanted;
            var end = _nextOrdinal + (uint)count;
            var place = within.BinarySearch(end);
            within = within[..(place < 0 ? ~place : place)];
            count = (int)(within[^1] - _nextOrdinal) + 1;
        }

        _buffer ??= BoundedArrayPool<byte>.Shared.Rent(Math.Min(BatchEntries, (int)Math.Min(total, BatchEntries)) * _entrySize);
        _order ??= BoundedArrayPool<ulong>.Shared.Rent((int)Math.Min(total, BatchEntries));
        _entries.ReadExactly((long)_nextOrdinal * _entrySize, _buffer.AsSpan(0, count * _entrySize));
        _firstOrdinal = _nextOrdinal;
        _nextOrdinal += (uint)count;
        Arrange(count);
        return true;
    }

    private void Arrange(int count)
    {
        var ascending = true;
        var last = 0ul;
        for (var i = 0; i < count; i++)
        {
            if (_selective)
            {
                if (_wanted[0] != _firstOrdinal + (uint)i)
                {
                    continue;
                }

                _wanted = _wanted[1..];
            }

            var entry = _buffer.AsSpan(i * _entrySize, 4);
            var index = _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(entry) : BinaryPrimitives.ReadUInt32LittleEndian(entry);
            var key = ((ulong)index << 32) | (uint)i;
            ascending &= key >= last;
            last = key;
            _order![_count++] = key;
        }

        if (!ascending && !_whole)
        {
            _order.AsSpan(0, _count).Sort();
        }
    }

    private ReadOnlySpan<byte> ReadName(uint index)
    {
        if (index >= _table.Length)
        {
            return default;
        }

        var name = FindInWindow(index, out var found);
        for (var ahead = found ? 0 : Ahead(index); !found; ahead *= 4)
        {
            Fill(index, ahead);
            name = FindInWindow(index, out found);
        }

        _nameBytesLeft -= name.Length;
        StringTableReader.Check(name.Length, index, _nameBytesLeft);
        return name;
    }

    private readonly ReadOnlySpan<byte> FindInWindow(uint index, out bool found)
    {
        found = false;
        if (index < _windowStart || index >= _windowStart + _windowLength)
        {
            return default;
        }

        // One byte past the longest name there may be, so that the fault is seen and nothing longer is searched.
        var rest = _window.AsSpan((int)(index - _windowStart), _windowLength - (int)(index - _windowStart));
        var longest = rest.Length > StringTableReader.MaxNameLength;
        rest = longest ? rest[..(StringTableReader.MaxNameLength + 1)] : rest;
        var end = rest.IndexOf((byte)0);
        found = end >= 0 || longest || _windowStart + _windowLength == _table.Length;
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>Bytes to read so that the names that follow closely come along.</summary>
    private readonly int Ahead(uint index)
    {
        if (_whole)
        {
            return (int)_table.Length;
        }

        var end = index;
        for (var i = _at + 1; i < _count; i++)
        {
            var next = (uint)(_order![i] >> 32);
            if (next < end || next - end > Gap || next - index > WindowBytes - Tail)
            {
                break;
            }

            end = next;
        }

        return (int)(end - index) + Tail;
    }

    private void Fill(uint index, int length)
    {
        var start = _whole ? 0 : index;
        length = (int)Math.Min(length, Math.Min(_table.Length - start, _whole ? int.MaxValue : StringTableReader.MaxNameLength + 1));
        if (_window is null || _window.Length < length)
        {
            Return(ref _window);
            _window = BoundedArrayPool<byte>.Shared.Rent(Math.Max(length, _whole ? 1 : WindowBytes));
        }

        _windowLength = 0;
        _table.ReadExactly(start, _window.AsSpan(0, length));
        (_windowStart, _windowLength) = (start, length);
    }

    private static void Return(ref byte[]? buffer)
    {
        if (buffer is not null)
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
            buffer = null;
        }
    }
}
