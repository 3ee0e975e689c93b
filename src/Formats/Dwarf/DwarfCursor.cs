using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>Reads numbers and passes over values in the bytes of a unit or of an abbreviation table, every bound checked.</summary>
internal ref struct DwarfCursor(ReadOnlySpan<byte> bytes, long origin, bool bigEndian)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    internal int Position { get; private set; }

    internal readonly int Length => _bytes.Length;

    internal readonly long Offset => origin + Position;

    internal void Skip(ulong count)
    {
        if (count > (ulong)(_bytes.Length - Position))
        {
            throw Short(count);
        }

        Position += (int)count;
    }

    internal ReadOnlySpan<byte> Take(ulong count)
    {
        var start = Position;
        Skip(count);
        return _bytes.Slice(start, (int)count);
    }

    /// <summary>A little- or big-endian number of 1 to 8 bytes.</summary>
    internal ulong Fixed(int size)
    {
        var field = Take((ulong)size);
        switch (size)
        {
            case 1:
                return field[0];
            case 2:
                return bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(field) : BinaryPrimitives.ReadUInt16LittleEndian(field);
            case 4:
                return bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(field) : BinaryPrimitives.ReadUInt32LittleEndian(field);
            case 8:
                return bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(field) : BinaryPrimitives.ReadUInt64LittleEndian(field);
            default:
                ulong value = 0;
                for (var i = 0; i < field.Length; i++)
                {
                    value = (value << 8) | field[bigEndian ? i : field.Length - 1 - i];
                }

                return value;
        }
    }

    /// <summary>An unsigned LEB128 number; bits past the 64th must not be set.</summary>
    internal ulong Uleb()
    {
        if (Position < _bytes.Length && Uleb128.IsLast(_bytes[Position]))
        {
            return _bytes[Position++];
        }

        var number = default(Uleb128);
        while (true)
        {
            var part = (byte)Fixed(1);
            if (!number.TryAdd(part))
            {
                throw DwarfFormat.Fault(Offset - 1, "a LEB128 number does not fit in 64 bits");
            }

            if (Uleb128.IsLast(part))
            {
                return number.Value;
            }
        }
    }

    /// <summary>A signed LEB128 number; what is past the 64th bit is sign.</summary>
    internal long Sleb()
    {
        long value = 0;
        for (var shift = 0; ;)
        {
            var part = (byte)Fixed(1);
            if (shift < 64)
            {
                value |= (long)(part & 0x7F) << shift;
            }

            shift = Math.Min(shift + 7, 70);
            if (part < 0x80)
            {
                return shift < 64 && (part & 0x40) != 0 ? value | (-1L << shift) : value;
            }
        }
    }

    /// <summary>Bytes up to a NUL, which is passed over.</summary>
    internal ReadOnlySpan<byte> Text()
    {
        var rest = _bytes[Position..];
        var end = rest.IndexOf((byte)0);
        if (end < 0)
        {
            throw DwarfFormat.Fault(Offset, "a string has no end");
        }

        Position += end + 1;
        return rest[..end];
    }

    private readonly FirmwareFormatException Short(ulong count) =>
        DwarfFormat.Fault(Offset, $"{count} bytes wanted, but only {_bytes.Length - Position} are left");
}
