using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// The symbol table of an image (LC_SYMTAB). Enumeration streams: entries and names pass through pooled buffers of bounded size, and
/// nothing is allocated for a symbol. <c>foreach</c> over it disposes of the buffers; whoever enumerates by hand does so too.
/// </summary>
public sealed class SymbolTable
{
    private readonly MachOBacking _backing;
    private readonly SymtabRange _range;
    private readonly bool _is64;
    private readonly bool _bigEndian;

    internal SymbolTable(MachOBacking backing, SymtabRange range, bool is64, bool bigEndian)
    {
        _backing = backing;
        _range = range;
        _is64 = is64;
        _bigEndian = bigEndian;
    }

    /// <summary>Entries, of whatever kind, as LC_SYMTAB states. Whether the file holds as many shows when they are read.</summary>
    public long Count => _range.SymbolCount;

    /// <summary>Bytes of the string table.</summary>
    public long StringTableSize => _range.StringSize;

    private int EntrySize => _is64 ? 16 : 12;

    /// <summary>Enumerates the symbols in the table's order.</summary>
    /// <exception cref="FirmwareFormatException">A table leaves the file, or names overlap beyond all reason.</exception>
    public Enumerator GetEnumerator() => new(this, withNames: true);

    /// <summary>Walks all symbols in whatever order reads least; <see cref="SymbolScan.Ordinal"/> tells their places.</summary>
    /// <exception cref="FirmwareFormatException">A table leaves the file.</exception>
    public SymbolScan Scan() => new(OpenEntries(), OpenNames(), EntrySize, _bigEndian, default, selective: false);

    /// <summary>Walks the symbols at <paramref name="ordinals"/>, which ascend, in whatever order reads least.</summary>
    /// <exception cref="FirmwareFormatException">A table leaves the file.</exception>
    public SymbolScan Scan(ReadOnlySpan<uint> ordinals) => new(OpenEntries(), OpenNames(), EntrySize, _bigEndian, ordinals, selective: true);

    /// <summary>Counts the symbols of each kind without reading their names.</summary>
    /// <exception cref="FirmwareFormatException">The table leaves the file.</exception>
    public SymbolCounts CountKinds()
    {
        Span<int> counts = stackalloc int[4];
        using var symbols = new Enumerator(this, withNames: false);
        while (symbols.MoveNext())
        {
            counts[(int)symbols.Current.Kind]++;
        }

        return new SymbolCounts(counts[0], counts[1], counts[2], counts[3]);
    }

    /// <summary>
    /// Whether <paramref name="other"/> has names of the same bytes and kinds, private and weak ones alike, in the same order; what is
    /// cheap to tell where both are alike. False is no proof of a difference where an index leads outside the string table or names overlap much.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A table leaves the file.</exception>
    public bool HasSameNames(SymbolTable other)
    {
        if (Count != other.Count)
        {
            return false;
        }

        using var pair = new SymbolTablePair(
            new SymbolTablePair.Side(OpenEntries(), OpenNames(), EntrySize, _bigEndian),
            new SymbolTablePair.Side(other.OpenEntries(), other.OpenNames(), other.EntrySize, other._bigEndian));
        return pair.AreSame();
    }

    private ByteSource OpenNames() => _backing.OpenLinkedit(_range.StringOffset, _range.StringSize);

    private ByteSource OpenEntries() => _backing.OpenLinkedit(_range.SymbolOffset, (long)_range.SymbolCount * EntrySize);

    /// <summary>Walks a symbol table. Holds pooled buffers until it is disposed of.</summary>
    public ref struct Enumerator : IDisposable
    {
        private const int ChunkBytes = 48 << 10;

        private readonly ByteSource _entries;
        private readonly StringTableReader? _names;
        private readonly int _entrySize;
        private readonly bool _bigEndian;
        private byte[]? _buffer;
        private ReadOnlySpan<byte> _chunk;
        private long _next;
        private ReadOnlySpan<byte> _entry;

        internal Enumerator(SymbolTable table, bool withNames)
        {
            _entrySize = table.EntrySize;
            _bigEndian = table._bigEndian;
            _entries = table.OpenEntries();
            if (withNames && table._range.SymbolCount > 0)
            {
                _names = new StringTableReader(table.OpenNames(), table._range.SymbolCount);
            }
        }

        /// <summary>The symbol the enumerator stands at.</summary>
        /// <exception cref="FirmwareFormatException">Its name is out of all bounds.</exception>
        public readonly MachOSymbol Current
        {
            get
            {
                var index = _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(_entry) : BinaryPrimitives.ReadUInt32LittleEndian(_entry);
                var name = _names is null ? default : _names.GetName(index);
                return new MachOSymbol(name, index, _entry[4], _entry[5], Description, Value);
            }
        }

        private readonly ushort Description =>
            _bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(_entry[6..]) : BinaryPrimitives.ReadUInt16LittleEndian(_entry[6..]);

        private readonly ulong Value => (_entrySize, _bigEndian) switch
        {
            (16, false) => BinaryPrimitives.ReadUInt64LittleEndian(_entry[8..]),
            (16, true) => BinaryPrimitives.ReadUInt64BigEndian(_entry[8..]),
            (_, false) => BinaryPrimitives.ReadUInt32LittleEndian(_entry[8..]),
            (_, true) => BinaryPrimitives.ReadUInt32BigEndian(_entry[8..]),
        };

        /// <summary>Moves to the next symbol.</summary>
        /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
        public bool MoveNext()
        {
            if (_chunk.IsEmpty && !ReadChunk())
            {
                return false;
            }

            _entry = _chunk[.._entrySize];
            _chunk = _chunk[_entrySize..];
            return true;
        }

        /// <summary>Returns the buffers.</summary>
        public void Dispose()
        {
            _names?.Dispose();
            if (_buffer is not null)
            {
                BoundedArrayPool<byte>.Shared.Return(_buffer);
                _buffer = null;
                _chunk = default;
                _entry = default;
            }
        }

        private bool ReadChunk()
        {
            // 48 KiB is a whole number of entries of either size.
            var count = (int)Math.Min(ChunkBytes, _entries.Length - _next);
            if (count == 0)
            {
                return false;
            }

            _buffer ??= BoundedArrayPool<byte>.Shared.Rent(count);
            _entries.ReadExactly(_next, _buffer.AsSpan(0, count));
            _chunk = _buffer.AsSpan(0, count);
            _next += count;
            return true;
        }
    }
}
