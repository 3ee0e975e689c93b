using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// Tells fast whether two symbol tables have the same names of the same kinds in the same order: names that lie at the same distances
/// from each other in both string tables are compared all at once, as bytes. For one thread.
/// </summary>
internal sealed class SymbolTablePair : IDisposable
{
    private const int BatchEntries = 8192;

    private readonly Side _old;
    private readonly Side _new;
    private readonly ulong[] _order;
    private long _nameBytesLeft;

    internal SymbolTablePair(Side old, Side @new)
    {
        (_old, _new) = (old, @new);
        _order = BoundedArrayPool<ulong>.Shared.Rent(BatchEntries);
        var count = old.Count;
        _nameBytesLeft = Math.Min(StringTableReader.NameBytes(old.Names.Length, count), StringTableReader.NameBytes(@new.Names.Length, count));
    }

    public void Dispose()
    {
        BoundedArrayPool<ulong>.Shared.Return(_order);
        _old.Dispose();
        _new.Dispose();
    }

    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    internal bool AreSame()
    {
        if (_old.Count != _new.Count)
        {
            return false;
        }

        for (var first = 0L; first < _old.Count; first += BatchEntries)
        {
            var count = (int)Math.Min(BatchEntries, _old.Count - first);
            _old.ReadEntries(first, count);
            _new.ReadEntries(first, count);
            if (!Arrange(count) || !HaveSameNames(count))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Orders a batch by the old names' places, so that few bytes are read twice; false where what a symbol is differs.</summary>
    private bool Arrange(int count)
    {
        var (last, isAscending) = (0ul, true);
        for (var i = 0; i < count; i++)
        {
            if (_old.TraitsOf(i) != _new.TraitsOf(i))
            {
                return false;
            }

            var key = ((ulong)_old.NameIndex(i) << 32) | (uint)i;
            isAscending &= key >= last;
            last = key;
            _order[i] = key;
        }

        if (!isAscending)
        {
            _order.AsSpan(0, count).Sort();
        }

        return true;
    }

    private bool HaveSameNames(int count)
    {
        for (var at = 0; at < count;)
        {
            // Names that follow closely in the old table and just so in the new one.
            var (from, to) = Places(at);
            var (end, last, lastInNew) = (at + 1, from, to);
            while (end < count && Places(end) is var (next, nextInNew) && next - last <= Side.Gap && nextInNew - lastInNew == next - last && next - from <= Side.LongestRun)
            {
                (last, lastInNew) = (next, nextInNew);
                end++;
            }

            // Between the names of one image may lie those of others, which have changed.
            var isSame = IsSameRun(from, to, (int)(last - from));
            for (; !isSame && at < end; at++)
            {
                (from, to) = Places(at);
                if (!IsSameRun(from, to, 0))
                {
                    return false;
                }
            }

            at = end;
        }

        return true;
    }

    private (long Old, long New) Places(int at) => (_order[at] >> 32) is var place ? ((long)place, _new.NameIndex((int)(uint)_order[at])) : default;

    /// <summary>Whether the bytes up to the end of the name that begins <paramref name="length"/> behind the first are the same.</summary>
    private bool IsSameRun(long old, long @new, int length)
    {
        // An index outside the table means no name; that and damage the reader of single names judges.
        if (old + length >= _old.Names.Length || @new + length >= _new.Names.Length || _nameBytesLeft < length)
        {
            return false;
        }

        for (var ahead = Side.Tail; ; ahead *= 4)
        {
            var x = _old.Read(old, length + ahead);
            var y = _new.Read(@new, length + ahead);
            var end = x[length..].IndexOf((byte)0);
            if (end >= 0)
            {
                end += length + 1;
                _nameBytesLeft -= end;
                return end <= y.Length && x[..end].SequenceEqual(y[..end]);
            }

            if (ahead > StringTableReader.MaxNameLength || x.Length < length + ahead || y.Length < length + ahead)
            {
                return false;
            }
        }
    }

    /// <summary>One table: a batch of its entries and a window of its names.</summary>
    internal sealed class Side(ByteSource entries, ByteSource names, int entrySize, bool bigEndian) : IDisposable
    {
        // Reading on over a gap this small costs less than another read.
        internal const int Gap = 512;
        internal const int Tail = 256;
        internal const int LongestRun = 64 << 10;

        private const int WindowBytes = LongestRun + Tail;

        private readonly byte[] _entries = BoundedArrayPool<byte>.Shared.Rent(BatchEntries * 16);
        private byte[] _window = BoundedArrayPool<byte>.Shared.Rent(WindowBytes);
        private long _start;
        private int _length;

        internal long Count { get; } = entries.Length / entrySize;

        internal ByteSource Names => names;

        internal void ReadEntries(long first, int count) => entries.ReadExactly(first * entrySize, _entries.AsSpan(0, count * entrySize));

        internal uint NameIndex(int entry) => Read(_entries.AsSpan(entry * entrySize, 4));

        internal int TraitsOf(int entry)
        {
            // Whether a value is 0 is all that its kind depends on.
            var bytes = _entries.AsSpan(entry * entrySize, entrySize);
            var description = bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
            return MachOSymbol.TraitsOf(bytes[4], description, bytes[8..].ContainsAnyExcept((byte)0) ? 1u : 0);
        }

        /// <summary>The bytes from <paramref name="start"/>, fewer only where the table ends.</summary>
        internal ReadOnlySpan<byte> Read(long start, int count)
        {
            count = (int)Math.Min(count, names.Length - start);
            if (start < _start || start + count > _start + _length)
            {
                if (_window.Length < count)
                {
                    BoundedArrayPool<byte>.Shared.Return(_window);
                    _window = BoundedArrayPool<byte>.Shared.Rent(count);
                }

                _length = 0;
                names.ReadExactly(start, _window.AsSpan(0, count));
                (_start, _length) = (start, count);
            }

            return _window.AsSpan((int)(start - _start), count);
        }

        public void Dispose()
        {
            BoundedArrayPool<byte>.Shared.Return(_entries);
            BoundedArrayPool<byte>.Shared.Return(_window);
            _window = [];
        }

        private uint Read(ReadOnlySpan<byte> field) =>
            bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(field) : BinaryPrimitives.ReadUInt32LittleEndian(field);
    }
}
