using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.Fixups;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Memory of an image where code refers to it: short reads all over the place through a fixed number of pages. What
/// cannot be read is
/// told as such, for a target that nobody can look at proves nothing. For one thread.
/// </summary>
internal sealed class TargetMemory : IDisposable
{
    private const int PageBits = 12;
    private const int PageSize = 1 << PageBits;
    private const int Slots = 64;

    private readonly MachOImage _image;
    private readonly byte[] _pages = BoundedArrayPool<byte>.Shared.Rent(Slots << PageBits);
    private readonly (ulong From, ulong To)[] _held = new (ulong From, ulong To)[Slots];
    private readonly ByteSource?[] _sections;
    private PointerDecoder? _pointers;
    private bool _hasNoPointers;

    public TargetMemory(MachOImage image) => (_image, _sections) = (image, new ByteSource?[image.Sections.Count]);

    /// <summary>Reads as many bytes as there are, up to those of <paramref name="destination"/>.</summary>
    /// <returns>How many there were before the end of a section or of the page; 0 for none.</returns>
    public int ReadUpTo(ulong address, Span<byte> destination)
    {
        var page = Page(address);
        var count = Math.Min(page.Length, destination.Length);
        page[..count].CopyTo(destination);
        return count;
    }

    /// <summary>Fills <paramref name="destination"/>, or says that there are not as many bytes.</summary>
    public bool TryRead(ulong address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = ReadUpTo(address, destination);
            if (count == 0)
            {
                return false;
            }

            address = unchecked(address + (ulong)count);
            destination = destination[count..];
        }

        return true;
    }

    /// <summary>The pointer at an address; null where there is none or it cannot be read.</summary>
    public MachOPointer? ReadPointer(ulong address)
    {
        Span<byte> field = stackalloc byte[8];
        if (!_image.Is64Bit || !TryRead(address, field))
        {
            return null;
        }

        try
        {
            if (_pointers is null && !_hasNoPointers)
            {
                _hasNoPointers = true;
                _pointers = _image.OpenPointers();
            }

            return _pointers?.Decode(BinaryPrimitives.ReadUInt64LittleEndian(field), address);
        }
        catch (FirmwareFormatException)
        {
            // What is wrong with the image's fix-ups is told where they are read for their own sake.
            return null;
        }
    }

    /// <summary>
    /// The bytes from <paramref name="address"/> to the end of its page or section; valid until the next call.
    /// </summary>
    public ReadOnlySpan<byte> Page(ulong address)
    {
        var slot = (int)((address >> PageBits) % Slots);
        var (from, to) = _held[slot];
        if (address < from || address >= to)
        {
            (from, to) = Fill(address, slot);
        }

        return _pages.AsSpan((slot << PageBits) + (int)(address - from), (int)(to - address));
    }

    public void Dispose() => BoundedArrayPool<byte>.Shared.Return(_pages);

    private (ulong From, ulong To) Fill(ulong address, int slot)
    {
        _held[slot] = default;
        var page = address & ~(ulong)(PageSize - 1);
        try
        {
            var room = _pages.AsSpan(slot << PageBits, PageSize);
            if (_image.FindSection(address) is { } section)
            {
                var source = _sections[section.Index] ??= _image.OpenSection(section);
                var from = Math.Max(page, section.Address);
                var offset = (long)(from - section.Address);
                if (offset >= source.Length)
                {
                    return (address, address);
                }

                var count = source.ReadUpTo(offset, room[..(int)(page + PageSize - from)]);
                return _held[slot] = (from, Math.Max(address, from + (ulong)count));
            }

            // Memory of another image of a shared cache.
            _image.OpenAddress(page, PageSize).ReadExactly(0, room);
            return _held[slot] = (page, page + PageSize);
        }
        catch (FirmwareFormatException)
        {
            return (address, address);
        }
    }
}
