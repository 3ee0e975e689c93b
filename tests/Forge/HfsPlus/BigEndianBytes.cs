using System.Buffers;
using System.Buffers.Binary;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>Big-endian fields, one after the other.</summary>
internal sealed class BigEndianBytes
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    internal int Length => _bytes.WrittenCount;

    internal BigEndianBytes U8(int value)
    {
        _bytes.GetSpan(1)[0] = (byte)value;
        _bytes.Advance(1);
        return this;
    }

    internal BigEndianBytes U16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(2), (ushort)value);
        _bytes.Advance(2);
        return this;
    }

    internal BigEndianBytes U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    internal BigEndianBytes U64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
        return this;
    }

    internal BigEndianBytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    internal BigEndianBytes Zeros(int count)
    {
        _bytes.GetSpan(count)[..count].Clear();
        _bytes.Advance(count);
        return this;
    }

    /// <summary>The units of a name, without a length.</summary>
    internal BigEndianBytes Units(string name)
    {
        foreach (var c in name)
        {
            U16(c);
        }

        return this;
    }

    /// <summary>Seconds since 1904.</summary>
    internal BigEndianBytes Date(DateTimeOffset time) => U32((uint)(time.ToUnixTimeSeconds() + 2082844800));

    internal byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
