using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Formats.Bytes;

/// <summary>
/// Reads fields from a span in order, with every bound checked; a field that does not fit is reported with the format and the
/// offset in the source the span came from.
/// </summary>
public ref struct SpanReader
{
    private readonly ReadOnlySpan<byte> _span;
    private readonly string _format;
    private readonly long _origin;
    private readonly bool _bigEndian;
    private int _position;

    /// <summary>Begins at the front of <paramref name="span"/>.</summary>
    /// <param name="span">The bytes to read.</param>
    /// <param name="format">The format's name, for messages.</param>
    /// <param name="origin">Where the span begins in its source, for messages.</param>
    /// <param name="bigEndian">Byte order of multi-byte fields; little endian by default.</param>
    public SpanReader(ReadOnlySpan<byte> span, string format, long origin = 0, bool bigEndian = false)
    {
        _span = span;
        _format = format;
        _origin = origin;
        _bigEndian = bigEndian;
        _position = 0;
    }

    /// <summary>Position within the span.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes left.</summary>
    public readonly int Remaining => _span.Length - _position;

    /// <summary>Offset in the source of the next byte.</summary>
    public readonly long Offset => _origin + _position;

    /// <summary>Moves to <paramref name="position"/> within the span.</summary>
    /// <exception cref="FirmwareFormatException">The position is outside the span.</exception>
    public void Seek(int position)
    {
        if ((uint)position > (uint)_span.Length)
        {
            throw Fault($"a structure points to 0x{_origin + position:x}, outside the {_span.Length} bytes it lies in");
        }

        _position = position;
    }

    /// <summary>Passes over <paramref name="count"/> bytes.</summary>
    /// <exception cref="FirmwareFormatException">Fewer bytes are left.</exception>
    public void Skip(int count) => Take(count);

    /// <summary>The next <paramref name="count"/> bytes, in place.</summary>
    /// <exception cref="FirmwareFormatException">Fewer bytes are left.</exception>
    public ReadOnlySpan<byte> ReadBytes(int count) => Take(count);

    /// <summary>One byte.</summary>
    /// <exception cref="FirmwareFormatException">No byte is left.</exception>
    public byte ReadByte() => Take(1)[0];

    /// <summary>A 16-bit field.</summary>
    /// <exception cref="FirmwareFormatException">Fewer bytes are left.</exception>
    public ushort ReadUInt16() =>
        _bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(Take(2)) : BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    /// <summary>A 32-bit field.</summary>
    /// <exception cref="FirmwareFormatException">Fewer bytes are left.</exception>
    public uint ReadUInt32() =>
        _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(Take(4)) : BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>A signed 32-bit field.</summary>
    /// <exception cref="FirmwareFormatException">Fewer bytes are left.</exception>
    public int ReadInt32() => (int)ReadUInt32();

    /// <summary>A 64-bit field.</summary>
    /// <exception cref="FirmwareFormatException">Fewer bytes are left.</exception>
    public ulong ReadUInt64() =>
        _bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(Take(8)) : BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A 64-bit field that stands for an offset or a size, which must not be negative.</summary>
    /// <exception cref="FirmwareFormatException">Fewer bytes are left, or the value exceeds 2^63-1.</exception>
    public long ReadOffset64()
    {
        var value = ReadUInt64();
        if (value > long.MaxValue)
        {
            throw new FirmwareFormatException(_format, Offset - 8, $"an offset or size of 0x{value:x} is out of range");
        }

        return (long)value;
    }

    /// <summary>An unsigned LEB128 number.</summary>
    /// <exception cref="FirmwareFormatException">The bytes end within it, or it does not fit in 64 bits.</exception>
    public ulong ReadUleb128()
    {
        var number = default(Uleb128);
        while (true)
        {
            var part = ReadByte();
            if (!number.TryAdd(part))
            {
                throw new FirmwareFormatException(_format, Offset - 1, "a LEB128 number does not fit in 64 bits");
            }

            if (Uleb128.IsLast(part))
            {
                return number.Value;
            }
        }
    }

    /// <summary>Passes over a LEB128 number, signed or not.</summary>
    /// <exception cref="FirmwareFormatException">The bytes end within it.</exception>
    public void SkipLeb128()
    {
        while (!Uleb128.IsLast(ReadByte()))
        {
        }
    }

    /// <summary>A fixed-size ASCII field, up to its first NUL.</summary>
    /// <exception cref="FirmwareFormatException">Fewer bytes are left.</exception>
    public string ReadFixedAscii(int count)
    {
        var bytes = Take(count);
        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }

    /// <summary>A fault at the current position.</summary>
    public readonly FirmwareFormatException Fault(string reason) => new(_format, Offset, reason);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Remaining)
        {
            throw Fault($"{count} bytes wanted, but only {Remaining} are left");
        }

        var bytes = _span.Slice(_position, count);
        _position += count;
        return bytes;
    }
}
