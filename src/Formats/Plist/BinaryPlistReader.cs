using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Plist;

/// <summary>
/// Binary property lists: objects, a table of their offsets and a trailer of 32 bytes (Core Foundation, <c>CFBinaryPList.c</c>).
/// An object that is mentioned several times is made once.
/// </summary>
internal ref struct BinaryPlistReader
{
    private const int HeaderLength = 8;
    private const int TrailerLength = 32;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly PlistBudget _budget;
    private readonly int _offsetSize;
    private readonly int _referenceSize;
    private readonly int _tableStart;
    private readonly Known?[] _known;

    private BinaryPlistReader(ReadOnlySpan<byte> bytes, PlistLimits limits, out int top)
    {
        _bytes = bytes;
        _budget = new PlistBudget(limits);
        if (bytes.Length < HeaderLength + TrailerLength)
        {
            throw Fault(0, $"{bytes.Length} bytes are too few for a header and a trailer");
        }

        var trailerStart = bytes.Length - TrailerLength;
        var trailer = new SpanReader(bytes[trailerStart..], PlistBudget.Format, trailerStart, bigEndian: true);
        trailer.Skip(6);
        _offsetSize = trailer.ReadByte();
        _referenceSize = trailer.ReadByte();
        var count = trailer.ReadUInt64();
        var topObject = trailer.ReadUInt64();
        var table = trailer.ReadUInt64();
        if (_offsetSize is < 1 or > 8 || _referenceSize is < 1 or > 8)
        {
            throw Fault(trailerStart + 6, $"offsets of {_offsetSize} bytes and references of {_referenceSize}, 1 to 8 are possible");
        }

        if (table < HeaderLength || table > (ulong)trailerStart || count == 0 || count > ((ulong)trailerStart - table) / (ulong)_offsetSize)
        {
            throw Fault(trailerStart + 8, $"a table of {count} objects at 0x{table:x} does not fit before the trailer");
        }

        if (topObject >= count)
        {
            throw Fault(trailerStart + 16, $"the top object is number {topObject} of {count}");
        }

        _budget.CheckRoom(trailerStart + 8, (long)count);
        _tableStart = (int)table;
        _known = new Known?[(int)count];
        top = (int)topObject;
    }

    internal static ReadOnlySpan<byte> Magic => "bplist"u8;

    internal static PlistValue Read(ReadOnlySpan<byte> bytes, PlistLimits limits)
    {
        // Core Foundation writes and reads 00; 01 differs in nothing that is read here. 15 to 17 are other formats of the same name.
        if (bytes.Length > 7 && bytes[6] != (byte)'0')
        {
            throw Fault(6, $"version {(char)bytes[6]}{(char)bytes[7]} of the binary form is not a property list on disk");
        }

        var reader = new BinaryPlistReader(bytes, limits, out var top);
        return reader.ReadObject(top, 0).Value;
    }

    private readonly Known ReadObject(int number, int depth)
    {
        var offset = OffsetOf(number);
        if (_known[number] is { } known)
        {
            if (known.IsOpen)
            {
                throw Fault(offset, $"object {number} contains itself");
            }

            _budget.Add(offset, known.Values, known.Bytes);
            return known;
        }

        var before = _budget.Used;
        var marker = _bytes[offset];
        if (marker >> 4 is 0xA or 0xB or 0xC or 0xD)
        {
            _known[number] = Known.Open;
        }

        var value = ReadValue(offset, marker, depth);
        var after = _budget.Used;
        return (_known[number] = new Known(value, after.Values - before.Values, after.Bytes - before.Bytes));
    }

    private readonly PlistValue ReadValue(int offset, byte marker, int depth)
    {
        var low = marker & 0xF;
        switch (marker >> 4)
        {
            case 0x0 when low is 8 or 9:
                _budget.Add(offset, 1);
                return low == 9 ? PlistBoolean.True : PlistBoolean.False;
            case 0x1 when low <= 4:
                _budget.Add(offset, 16);
                return new PlistInteger(ReadInteger(offset + 1, 1 << low));
            case 0x2 when low == 2:
                _budget.Add(offset, 8);
                return new PlistReal(BinaryPrimitives.ReadSingleBigEndian(Take(offset + 1, 4)));
            case 0x2 when low == 3:
                _budget.Add(offset, 8);
                return new PlistReal(BinaryPrimitives.ReadDoubleBigEndian(Take(offset + 1, 8)));
            case 0x3 when low == 3:
                _budget.Add(offset, 8);
                return new PlistDate(BinaryPrimitives.ReadDoubleBigEndian(Take(offset + 1, 8)));
            case 0x4:
                return new PlistData(ReadContent(offset, 1).ToArray());
            case 0x5:
                return new PlistString(Encoding.Latin1.GetString(ReadContent(offset, 1)));
            case 0x6:
                return new PlistString(DecodeUtf16(ReadContent(offset, 2)));
            case 0x8:
                _budget.Add(offset, 8);
                return new PlistUid(ReadUid(offset, low + 1));
            case 0xA or 0xB or 0xC:
                return ReadArray(offset, depth + 1);
            case 0xD:
                return ReadDictionary(offset, depth + 1);
            case 0x0 when low == 0:
                throw Fault(offset, "a null object, which property lists cannot hold");
            default:
                throw Fault(offset, $"an object of the unknown type 0x{marker:x2}");
        }
    }

    private readonly PlistArray ReadArray(int offset, int depth)
    {
        var references = ReadReferences(offset, 1, out var count, depth);
        var values = new PlistValue[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = ReadObject(Reference(references, i, offset), depth).Value;
        }

        return new PlistArray(values);
    }

    private readonly PlistDictionary ReadDictionary(int offset, int depth)
    {
        var references = ReadReferences(offset, 2, out var count, depth);
        var values = new OrderedDictionary<string, PlistValue>(count, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = ReadObject(Reference(references, i, offset), depth).Value as PlistString
                ?? throw Fault(offset, "a dictionary has a key that is not a string");

            // Unlike in the text forms, the first value of a doubled key counts (CFBinaryPList.c adds, the others set).
            values.TryAdd(key.Value, ReadObject(Reference(references, count + i, offset), depth).Value);
        }

        return new PlistDictionary(values);
    }

    // The items are counted as they are read; that there is room for all of them is asked before the container is allocated.
    private readonly ReadOnlySpan<byte> ReadReferences(int offset, int perItem, out int count, int depth)
    {
        _budget.CheckDepth(offset, depth);
        var start = ReadCount(offset, out count);
        var length = (long)count * perItem * _referenceSize;
        if (length > _tableStart - start)
        {
            throw Fault(offset, $"a container of {count} items leaves the objects, which end at 0x{_tableStart:x}");
        }

        _budget.Add(offset, 0);
        _budget.CheckRoom(offset, (long)count * perItem);
        return _bytes.Slice(start, (int)length);
    }

    private readonly int Reference(ReadOnlySpan<byte> references, int index, int offset)
    {
        var number = ReadUnsigned(references.Slice(index * _referenceSize, _referenceSize));
        if (number >= (ulong)_known.Length)
        {
            throw Fault(offset, $"a container refers to object {number} of {_known.Length}");
        }

        return (int)number;
    }

    private readonly ReadOnlySpan<byte> ReadContent(int offset, int unit)
    {
        var start = ReadCount(offset, out var count);
        var length = (long)count * unit;
        if (length > _tableStart - start)
        {
            throw Fault(offset, $"content of {length} bytes leaves the objects, which end at 0x{_tableStart:x}");
        }

        _budget.Add(offset, length);
        return _bytes.Slice(start, (int)length);
    }

    // The low half of the marker is the count, or 15 where an integer object with the count follows.
    private readonly int ReadCount(int offset, out int count)
    {
        count = _bytes[offset] & 0xF;
        if (count < 0xF)
        {
            return offset + 1;
        }

        var marker = Take(offset + 1, 1)[0];
        if (marker is < 0x10 or > 0x13)
        {
            throw Fault(offset + 1, "a count is not an integer");
        }

        var size = 1 << (marker & 0xF);
        var value = ReadUnsigned(Take(offset + 2, size));
        if (value > (ulong)_tableStart)
        {
            throw Fault(offset + 1, $"a count of {value} is more than the file could hold");
        }

        count = (int)value;
        return offset + 2 + size;
    }

    private readonly int OffsetOf(int number)
    {
        var offset = ReadUnsigned(_bytes.Slice(_tableStart + (number * _offsetSize), _offsetSize));
        if (offset < HeaderLength || offset >= (ulong)_tableStart)
        {
            throw Fault(_tableStart + ((long)number * _offsetSize), $"object {number} lies at 0x{offset:x}, outside the objects");
        }

        return (int)offset;
    }

    // One, two and four bytes are unsigned, eight are signed, sixteen hold what eight cannot.
    private readonly Int128 ReadInteger(int offset, int size)
    {
        var bytes = Take(offset, size);
        return size switch
        {
            8 => BinaryPrimitives.ReadInt64BigEndian(bytes),
            16 => BinaryPrimitives.ReadInt128BigEndian(bytes),
            _ => ReadUnsigned(bytes),
        };
    }

    private readonly ulong ReadUid(int offset, int size)
    {
        var bytes = Take(offset + 1, size);
        if (size > 8 && bytes[..^8].ContainsAnyExcept((byte)0))
        {
            throw Fault(offset, $"a reference of {size} bytes exceeds 64 bits");
        }

        return ReadUnsigned(size > 8 ? bytes[^8..] : bytes);
    }

    private readonly ReadOnlySpan<byte> Take(int offset, int count)
    {
        if (count > _tableStart - offset)
        {
            throw Fault(offset, $"{count} bytes wanted, but the objects end at 0x{_tableStart:x}");
        }

        return _bytes.Slice(offset, count);
    }

    private static ulong ReadUnsigned(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (var one in bytes)
        {
            value = (value << 8) | one;
        }

        return value;
    }

    // Unit by unit, because a decoder would replace lone surrogates.
    private static string DecodeUtf16(ReadOnlySpan<byte> bytes)
    {
        var units = new char[bytes.Length / 2];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = (char)BinaryPrimitives.ReadUInt16BigEndian(bytes[(i * 2)..]);
        }

        return new string(units);
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(PlistBudget.Format, offset, reason);

    // An object that was made, with what it counts for each time it is mentioned.
    private sealed class Known(PlistValue value, long values, long bytes)
    {
        internal static Known Open { get; } = new(PlistBoolean.False, 0, 0);

        internal PlistValue Value => value;

        internal long Values => values;

        internal long Bytes => bytes;

        internal bool IsOpen => ReferenceEquals(this, Open);
    }
}
