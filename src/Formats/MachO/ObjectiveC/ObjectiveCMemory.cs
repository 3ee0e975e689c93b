using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO.ObjectiveC;

/// <summary>
/// Memory of an image as metadata is read from it: small structures all over the place, through a fixed number of pages. Keeps count
/// of what was read, so that lists that overlap cannot make reading endless. For one thread.
/// </summary>
internal sealed class ObjectiveCMemory : IDisposable
{
    private const int PageBits = 12;
    private const int PageSize = 1 << PageBits;
    private const int PageSlots = 256;
    private const int LongestName = 1 << 20;
    private const int MostKeptNames = 1 << 16;

    private readonly MachOImage _image;
    private readonly byte[] _pages = BoundedArrayPool<byte>.Shared.Rent(PageSlots << PageBits);
    private readonly (ulong Number, int From, int To)[] _held = new (ulong Number, int From, int To)[PageSlots];
    private readonly Dictionary<ulong, string> _names = [];
    private long _bytesLeft;

    internal ObjectiveCMemory(MachOImage image, PointerDecoder pointers)
    {
        _image = image;
        Pointers = pointers;

        // Metadata is referred to a few times over at most; what is far beyond the image's own size is an attack.
        _bytesLeft = 64 << 20;
        foreach (var section in image.Sections)
        {
            _bytesLeft += Math.Min(section.Size, 1L << 32) * 4;
        }
    }

    internal PointerDecoder Pointers { get; }

    internal uint ReadUInt32(ulong address)
    {
        Span<byte> field = stackalloc byte[4];
        Read(address, field);
        return BinaryPrimitives.ReadUInt32LittleEndian(field);
    }

    internal MachOPointer ReadPointer(ulong address)
    {
        Span<byte> field = stackalloc byte[8];
        Read(address, field);
        return Pointers.Decode(BinaryPrimitives.ReadUInt64LittleEndian(field), address);
    }

    /// <summary>Where the 32-bit distance at <paramref name="address"/> leads, counted from that place.</summary>
    internal ulong ReadRelative(ulong address) => unchecked(address + (ulong)(int)ReadUInt32(address));

    /// <summary>The string that a pointer at <paramref name="address"/> leads to, or null.</summary>
    internal string? ReadStringAt(ulong address)
    {
        var pointer = ReadPointer(address);
        return pointer.IsNull ? null : ReadString(pointer.Address);
    }

    internal string ReadString(ulong address)
    {
        if (_names.TryGetValue(address, out var known))
        {
            Spend(1, address);
            return known;
        }

        string text;
        var page = Page(address);
        var end = page.IndexOf((byte)0);
        if (end >= 0)
        {
            Spend(end, address);
            text = Encoding.UTF8.GetString(page[..end]);
        }
        else
        {
            text = ReadLongString(address);
        }

        if (_names.Count < MostKeptNames)
        {
            _names.Add(address, text);
        }

        return text;
    }

    public void Dispose() => BoundedArrayPool<byte>.Shared.Return(_pages);

    /// <summary>Counts <paramref name="bytes"/> more as read.</summary>
    internal void Spend(long bytes, ulong address)
    {
        _bytesLeft -= bytes;
        if (_bytesLeft < 0)
        {
            throw MachOFormat.Fault(-1, $"metadata is read over and over (last at address 0x{address:x}): its lists overlap beyond all reason");
        }
    }

    private string ReadLongString(ulong address)
    {
        var text = new ArrayBufferWriter<byte>(PageSize * 2);
        while (text.WrittenCount <= LongestName)
        {
            var page = Page(unchecked(address + (ulong)text.WrittenCount));
            var end = page.IndexOf((byte)0);
            page = end < 0 ? page : page[..end];
            Spend(page.Length, address);
            text.Write(page);
            if (end >= 0)
            {
                return Encoding.UTF8.GetString(text.WrittenSpan);
            }
        }

        throw MachOFormat.Fault(-1, $"the string at address 0x{address:x} is longer than {LongestName} bytes");
    }

    internal void Read(ulong address, Span<byte> destination)
    {
        Spend(destination.Length, address);
        while (!destination.IsEmpty)
        {
            var page = Page(address);
            var count = Math.Min(page.Length, destination.Length);
            page[..count].CopyTo(destination);
            destination = destination[count..];
            address = unchecked(address + (ulong)count);
        }
    }

    /// <summary>The bytes from <paramref name="address"/> to the end of its page, at least one; valid until the next call.</summary>
    internal ReadOnlySpan<byte> Page(ulong address)
    {
        var number = address >> PageBits;
        var slot = (int)(number % PageSlots);
        var at = (int)(address & (PageSize - 1));
        var (held, from, to) = _held[slot];
        if (held != number || at < from || at >= to)
        {
            (from, to) = Extent(address);
            var start = (number << PageBits) + (ulong)from;
            _held[slot] = default;
            _image.OpenAddress(start, to - from).ReadExactly(0, _pages.AsSpan((slot << PageBits) + from, to - from));
            _held[slot] = (number, from, to);
        }

        return _pages.AsSpan((slot << PageBits) + at, to - at);
    }

    /// <summary>The part of a page that one segment has in the file; all of it for memory of other images of a shared cache.</summary>
    private (int From, int To) Extent(ulong address)
    {
        var page = address & ~(ulong)(PageSize - 1);
        foreach (var segment in _image.Segments)
        {
            if (address - segment.Address < (ulong)segment.FileSize)
            {
                var from = segment.Address > page ? (int)(segment.Address - page) : 0;
                var left = (ulong)segment.FileSize - (address - segment.Address);
                return (from, (int)Math.Min((ulong)PageSize, (address - page) + left));
            }
        }

        return (0, PageSize);
    }
}
