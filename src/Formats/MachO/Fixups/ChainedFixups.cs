using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO.Fixups;

/// <summary>
/// Pointers of an image with LC_DYLD_CHAINED_FIXUPS. Chains are not walked: a pointer's segment tells its format, and its bits tell
/// where it leads. Facts: Apple's <c>mach-o/fixup-chains.h</c>.
/// </summary>
internal sealed class ChainedFixups : PointerDecoder
{
    // Formats by the numbers of fixup-chains.h.
    private const int Arm64e = 1;
    private const int Ptr64 = 2;
    private const int Ptr32 = 3;
    private const int Ptr64Offset = 6;
    private const int Arm64eKernel = 7;
    private const int Arm64eUserland = 9;
    private const int Arm64eFirmware = 10;
    private const int Arm64eUserland24 = 12;

    private const int HeaderSize = 28;
    private const int MostSegments = 1 << 12;
    private const int LongestName = 1 << 16;

    private readonly ByteSource _data;
    private readonly ulong _base;
    private readonly (ulong Address, ulong Size, int Format)[] _segments;
    private readonly uint _importsOffset;
    private readonly uint _importCount;
    private readonly int _importSize;
    private readonly uint _symbolsOffset;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<uint, string> _imports = new();

    private ChainedFixups(MachOImage image, ByteSource data)
    {
        _data = data;
        _base = image.BaseAddress;
        Span<byte> header = stackalloc byte[HeaderSize];
        data.ReadExactly(0, header);
        var reader = new SpanReader(header, MachOFormat.Name);
        var version = reader.ReadUInt32();
        var startsOffset = reader.ReadUInt32();
        _importsOffset = reader.ReadUInt32();
        _symbolsOffset = reader.ReadUInt32();
        _importCount = reader.ReadUInt32();
        var importsFormat = reader.ReadUInt32();
        var symbolsFormat = reader.ReadUInt32();
        _importSize = importsFormat switch { 1 => 4, 2 => 8, 3 => 16, _ => 0 };
        if (version != 0 || _importSize == 0 || symbolsFormat != 0)
        {
            throw MachOFormat.Fault(-1, $"chained fix-ups of version {version}, imports of format {importsFormat} and symbols of format {symbolsFormat} are not known");
        }

        if ((long)_importCount * _importSize > data.Length - Math.Min(_importsOffset, data.Length))
        {
            throw MachOFormat.Fault(_importsOffset, $"{_importCount} imports do not fit into the {data.Length} bytes of the chained fix-ups");
        }

        _segments = ReadSegments(image, data, startsOffset);
    }

    internal static ChainedFixups Open(MachOImage image, ByteSource data) => new(image, data);

    /// <inheritdoc/>
    public override MachOPointer Decode(ulong raw, ulong location)
    {
        if (raw == 0)
        {
            return default;
        }

        var format = FormatAt(location);
        return format switch
        {
            Arm64e or Arm64eKernel or Arm64eUserland or Arm64eFirmware or Arm64eUserland24 => DecodeArm64e(raw, format),
            Ptr64 or Ptr64Offset => Decode64(raw, format),
            Ptr32 => Decode32((uint)raw),
            0 => new MachOPointer(raw, null),
            _ => throw MachOFormat.Fault(-1, $"the pointer at address 0x{location:x} is of chained format {format}, which is not known here"),
        };
    }

    private static (ulong Address, ulong Size, int Format)[] ReadSegments(MachOImage image, ByteSource data, long startsOffset)
    {
        Span<byte> field = stackalloc byte[8];
        data.ReadExactly(startsOffset, field[..4]);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(field);
        if (count > Math.Min(MostSegments, image.Segments.Count))
        {
            throw MachOFormat.Fault(startsOffset, $"chained fix-ups of {count} segments in an image of {image.Segments.Count}");
        }

        var segments = new List<(ulong Address, ulong Size, int Format)>();
        for (var i = 0; i < count; i++)
        {
            data.ReadExactly(startsOffset + 4 + (i * 4L), field[..4]);
            var offset = BinaryPrimitives.ReadUInt32LittleEndian(field);
            if (offset != 0)
            {
                // size 4, page size 2, pointer format 2.
                data.ReadExactly(startsOffset + offset, field);
                segments.Add((image.Segments[i].Address, image.Segments[i].Size, BinaryPrimitives.ReadUInt16LittleEndian(field[6..])));
            }
        }

        return [.. segments];
    }

    private int FormatAt(ulong location)
    {
        foreach (var (address, size, format) in _segments)
        {
            if (location - address < size)
            {
                return format;
            }
        }

        return 0;
    }

    private MachOPointer DecodeArm64e(ulong raw, int format)
    {
        var (isAuthenticated, isBind) = (raw >> 63 != 0, ((raw >> 62) & 1) != 0);
        if (isBind)
        {
            return new MachOPointer(0, Import((uint)(format == Arm64eUserland24 ? raw & 0xFFFFFF : raw & 0xFFFF)));
        }

        if (isAuthenticated)
        {
            return new MachOPointer(unchecked(_base + (raw & 0xFFFFFFFF)), null);
        }

        // The eight bits above the target are the top byte of a tagged pointer, which no address of a file has.
        var target = raw & ((1UL << 43) - 1);
        return new MachOPointer(format is Arm64e or Arm64eFirmware ? target : unchecked(_base + target), null);
    }

    private MachOPointer Decode64(ulong raw, int format)
    {
        if (raw >> 63 != 0)
        {
            return new MachOPointer(0, Import((uint)(raw & 0xFFFFFF)));
        }

        var target = raw & ((1UL << 36) - 1);
        return new MachOPointer(format == Ptr64 ? target : unchecked(_base + target), null);
    }

    // A target of 26 bits, or an import of 20 and the highest bit.
    private MachOPointer Decode32(uint raw) =>
        raw >> 31 != 0 ? new MachOPointer(0, Import(raw & 0xFFFFF)) : new MachOPointer(raw & 0x3FFFFFF, null);

    private string Import(uint ordinal)
    {
        if (_imports.TryGetValue(ordinal, out var known))
        {
            return known;
        }

        if (ordinal >= _importCount)
        {
            throw MachOFormat.Fault(-1, $"a pointer is bound to import {ordinal}, but there are {_importCount}");
        }

        Span<byte> entry = stackalloc byte[16];
        entry = entry[.._importSize];
        _data.ReadExactly(_importsOffset + ((long)ordinal * _importSize), entry);
        var nameOffset = _importSize == 16
            ? BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])
            : BinaryPrimitives.ReadUInt32LittleEndian(entry) >> 9;
        var name = ReadName((long)_symbolsOffset + nameOffset);
        return _imports.GetOrAdd(ordinal, name);
    }

    private string ReadName(long offset)
    {
        var name = new List<byte>();
        Span<byte> piece = stackalloc byte[64];
        while (name.Count < LongestName)
        {
            var read = piece[.._data.ReadUpTo(offset + name.Count, piece)];
            var end = read.IndexOf((byte)0);
            name.AddRange(end < 0 ? read : read[..end]);
            if (end >= 0)
            {
                return Encoding.UTF8.GetString([.. name]);
            }

            if (read.IsEmpty)
            {
                break;
            }
        }

        throw MachOFormat.Fault(offset, "the name of an import has no end");
    }
}
