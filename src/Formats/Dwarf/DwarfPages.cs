using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>
/// A section of strings or of offsets, read through a fixed number of pages: a section may have hundreds of megabytes, of which types
/// use a part. For one thread.
/// </summary>
internal sealed class DwarfPages(ByteSource source, bool bigEndian)
{
    private const int PageBits = 15;
    private const int PageSize = 1 << PageBits;
    private const int Slots = 64;

    private readonly byte[]?[] _pages = new byte[]?[Slots];
    private readonly long[] _numbers = new long[Slots];
    private byte[] _scratch = [];

    internal long Length => source.Length;

    /// <summary>A number of 4 or 8 bytes at <paramref name="offset"/>.</summary>
    /// <exception cref="FirmwareFormatException">It leaves the section.</exception>
    internal ulong Fixed(long offset, int size)
    {
        Span<byte> field = stackalloc byte[8];
        field = field[..size];
        if (offset < 0 || offset > source.Length - size)
        {
            throw DwarfFormat.Fault(offset, $"a string's offset is looked up at 0x{offset:x}, outside the 0x{source.Length:x} bytes of its section");
        }

        for (var done = 0; done < size;)
        {
            var page = Page((offset + done) >> PageBits)[(int)((offset + done) & (PageSize - 1))..];
            var count = Math.Min(size - done, page.Length);
            page[..count].CopyTo(field[done..]);
            done += count;
        }

        return new DwarfCursor(field, offset, bigEndian).Fixed(size);
    }

    /// <summary>The string at <paramref name="offset"/>, without its NUL; valid until the next call.</summary>
    /// <exception cref="FirmwareFormatException">It begins outside the section, or is too long.</exception>
    internal ReadOnlySpan<byte> Text(long offset)
    {
        if (offset < 0 || offset >= source.Length)
        {
            throw DwarfFormat.Fault(offset, $"a string begins at 0x{offset:x}, outside the 0x{source.Length:x} bytes of its section");
        }

        var rest = Page(offset >> PageBits)[(int)(offset & (PageSize - 1))..];
        var end = rest.IndexOf((byte)0);
        if (end >= 0)
        {
            return rest[..end];
        }

        var length = 0;
        while (true)
        {
            var part = end < 0 ? rest : rest[..end];
            Append(part, length);
            length += part.Length;
            if (length > DwarfFormat.MaxNameLength)
            {
                throw DwarfFormat.Fault(offset, $"a name is longer than {DwarfFormat.MaxNameLength} bytes");
            }

            if (end >= 0 || offset + length >= source.Length)
            {
                return _scratch.AsSpan(0, length);
            }

            rest = Page((offset + length) >> PageBits);
            end = rest.IndexOf((byte)0);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes, int at)
    {
        if (_scratch.Length < at + bytes.Length)
        {
            Array.Resize(ref _scratch, (at + bytes.Length) * 2);
        }

        bytes.CopyTo(_scratch.AsSpan(at));
    }

    private ReadOnlySpan<byte> Page(long number)
    {
        var slot = (int)(number % Slots);
        var length = (int)Math.Min(PageSize, source.Length - (number << PageBits));
        ref var page = ref _pages[slot];
        if (page is null || _numbers[slot] != number)
        {
            page ??= GC.AllocateUninitializedArray<byte>(PageSize);
            _numbers[slot] = -1;
            source.ReadExactly(number << PageBits, page.AsSpan(0, length));
            _numbers[slot] = number;
        }

        return page.AsSpan(0, length);
    }
}
