using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// NUL-terminated names by their index. A table in proportion to its symbols is held whole; a huge one, or one that many images of a
/// shared cache share, passes through a fixed number of pages. For one thread.
/// </summary>
internal sealed class StringTableReader : IDisposable
{
    internal const int MaxNameLength = 1 << 20;

    private const int WholeLimit = 16 << 20;
    private const int WholeSlack = 256 << 10;
    private const int WholeBytesPerSymbol = 256;
    private const int PageBits = 16;
    private const int PageSize = 1 << PageBits;
    private const int PageSlots = 64;

    // Names may share tails, but not so that their sum leaves all proportion to the table: that is an attack on whoever reads them.
    private const int NameBytesPerSymbol = 4096;
    private const int NameBytesPerByte = 16;

    private readonly ByteSource _table;
    private readonly int _wholeLength;
    private byte[]? _whole;
    private byte[]?[]? _pages;
    private long[]? _pageNumbers;
    private byte[]? _scratch;
    private long _nameBytesLeft;

    internal StringTableReader(ByteSource table, long symbolCount)
    {
        _table = table;
        _nameBytesLeft = NameBytes(table.Length, symbolCount);
        if (IsInProportion(table.Length, symbolCount))
        {
            _wholeLength = (int)table.Length;
            _whole = BoundedArrayPool<byte>.Shared.Rent(Math.Max(1, _wholeLength));
            table.ReadExactly(0, _whole.AsSpan(0, _wholeLength));
        }
        else
        {
            _pages = new byte[]?[PageSlots];
            _pageNumbers = new long[PageSlots];
            Array.Fill(_pageNumbers, -1);
        }
    }

    /// <summary>The name at <paramref name="index"/>, empty outside the table; valid until the next call.</summary>
    /// <exception cref="FirmwareFormatException">A name is longer than 1 MiB, or the names overlap beyond all reason.</exception>
    internal ReadOnlySpan<byte> GetName(uint index)
    {
        if (index >= _table.Length)
        {
            return default;
        }

        var name = _whole is not null ? Terminate(_whole.AsSpan(0, _wholeLength)[(int)index..]) : ReadPaged(index);
        _nameBytesLeft -= name.Length;
        Check(name.Length, index, _nameBytesLeft);
        return name;
    }

    /// <summary>Whether a string table belongs to its symbols alone and may be held whole.</summary>
    internal static bool IsInProportion(long tableBytes, long symbolCount) =>
        tableBytes <= Math.Min(WholeLimit, WholeSlack + (symbolCount * WholeBytesPerSymbol));

    /// <summary>The most bytes that all names of a table may have together.</summary>
    internal static long NameBytes(long tableBytes, long symbolCount) => (symbolCount * NameBytesPerSymbol) + (tableBytes * NameBytesPerByte);

    /// <exception cref="FirmwareFormatException">The name is longer than <see cref="MaxNameLength"/>, or there are no bytes left for it.</exception>
    internal static void Check(int nameLength, uint index, long bytesLeft)
    {
        if (nameLength > MaxNameLength || bytesLeft < 0)
        {
            throw MachOFormat.Fault(-1, nameLength > MaxNameLength
                ? $"the symbol name at 0x{index:x} of the string table is longer than {MaxNameLength} bytes"
                : "the names of the symbol table overlap so much that their sum leaves all proportion to the string table");
        }
    }

    public void Dispose()
    {
        Return(ref _whole);
        Return(ref _scratch);
        if (_pages is not null)
        {
            for (var i = 0; i < _pages.Length; i++)
            {
                Return(ref _pages[i]);
            }

            _pages = null;
            _pageNumbers = null;
        }
    }

    private static ReadOnlySpan<byte> Terminate(ReadOnlySpan<byte> bytes)
    {
        // A name without an end is cut where it is known to be too long, so that no search runs over the whole table for each symbol.
        bytes = bytes.Length > MaxNameLength + 1 ? bytes[..(MaxNameLength + 1)] : bytes;
        var end = bytes.IndexOf((byte)0);
        return end < 0 ? bytes : bytes[..end];
    }

    private ReadOnlySpan<byte> ReadPaged(uint index)
    {
        var page = GetPage(index >> PageBits);
        var rest = page[(int)(index & (PageSize - 1))..];
        var end = rest.IndexOf((byte)0);
        if (end >= 0)
        {
            return rest[..end];
        }

        return ReadAcrossPages(index, rest);
    }

    private ReadOnlySpan<byte> ReadAcrossPages(long index, ReadOnlySpan<byte> first)
    {
        var length = 0;
        Append(first, ref length);
        for (var next = index + length; next < _table.Length && length <= MaxNameLength; next = index + length)
        {
            var page = GetPage(next >> PageBits);
            var end = page.IndexOf((byte)0);
            Append(end < 0 ? page : page[..end], ref length);
            if (end >= 0)
            {
                break;
            }
        }

        return _scratch.AsSpan(0, length);
    }

    private void Append(ReadOnlySpan<byte> bytes, ref int length)
    {
        if (_scratch is null || _scratch.Length < length + bytes.Length)
        {
            var grown = BoundedArrayPool<byte>.Shared.Rent(Math.Max(4096, (length + bytes.Length) * 2));
            _scratch.AsSpan(0, length).CopyTo(grown);
            Return(ref _scratch);
            _scratch = grown;
        }

        bytes.CopyTo(_scratch.AsSpan(length));
        length += bytes.Length;
    }

    private ReadOnlySpan<byte> GetPage(long number)
    {
        var slot = (int)(number % PageSlots);
        var length = (int)Math.Min(PageSize, _table.Length - (number << PageBits));
        ref var page = ref _pages![slot];
        if (_pageNumbers![slot] != number)
        {
            page ??= BoundedArrayPool<byte>.Shared.Rent(PageSize);
            _pageNumbers[slot] = -1;
            _table.ReadExactly(number << PageBits, page.AsSpan(0, length));
            _pageNumbers[slot] = number;
        }

        return page.AsSpan(0, length);
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
