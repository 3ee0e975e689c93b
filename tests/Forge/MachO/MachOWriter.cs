using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace IpswDiff.Forge.MachO;

/// <summary>A growing buffer in one byte order.</summary>
internal sealed class MachOWriter(bool bigEndian)
{
    private byte[] _bytes = new byte[4096];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    internal void Byte(byte value) => Take(1)[0] = value;

    internal void UInt16(ushort value)
    {
        if (bigEndian)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);
        }
    }

    internal void UInt32(uint value)
    {
        if (bigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);
        }
    }

    internal void UInt32(long value) => UInt32(checked((uint)value));

    internal void UInt64(ulong value)
    {
        if (bigEndian)
        {
            BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
        }
    }

    /// <summary>A field as wide as an address.</summary>
    internal void Word(ulong value, bool wide)
    {
        if (wide)
        {
            UInt64(value);
        }
        else
        {
            UInt32(checked((uint)value));
        }
    }

    internal void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    internal void Text(string text, int fieldSize)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Bytes(bytes);
        Zeros(fieldSize - bytes.Length);
    }

    internal void Zeros(int count) => Take(count).Clear();

    internal void AlignTo(int alignment) => Zeros((alignment - (Length % alignment)) % alignment);

    internal void PatchUInt32(int position, uint value)
    {
        var end = Length;
        Length = position;
        UInt32(value);
        Length = end;
    }

    internal byte[] ToArray() => Written.ToArray();

    /// <summary>X.Y.Z as 16, 8 and 8 bits.</summary>
    internal static uint PackVersion(string version)
    {
        var parts = version.Split('.').Select(static part => uint.Parse(part, CultureInfo.InvariantCulture)).Concat([0u, 0u]).ToArray();
        return (parts[0] << 16) | (parts[1] << 8) | parts[2];
    }

    /// <summary>A.B.C.D.E as 24, 10, 10, 10 and 10 bits.</summary>
    internal static ulong PackSourceVersion(string version)
    {
        var parts = version.Split('.').Select(static part => ulong.Parse(part, CultureInfo.InvariantCulture)).Concat([0UL, 0UL, 0UL, 0UL]).ToArray();
        return (parts[0] << 40) | (parts[1] << 30) | (parts[2] << 20) | (parts[3] << 10) | parts[4];
    }

    private Span<byte> Take(int count)
    {
        if (Length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
