using System.Buffers.Binary;

namespace IpswDiff.Forge.SharedCache;

/// <summary>A growing little-endian buffer that is used again for the next image.</summary>
internal sealed class CacheBuffer
{
    private byte[] _bytes = [];

    internal int Length { get; private set; }

    internal Span<byte> Written => _bytes.AsSpan(0, Length);

    internal void Clear() => Length = 0;

    /// <summary>Sets the length; what is new is zero.</summary>
    internal Span<byte> Reset(long length)
    {
        Length = 0;
        if (length > _bytes.Length)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(checked((int)length));
        }

        var span = Take((int)length);
        span.Clear();
        return span;
    }

    internal Span<byte> Take(int count)
    {
        var end = checked(Length + count);
        if (end > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(end, _bytes.Length * 2L)));
        }

        var span = _bytes.AsSpan(Length, count);
        Length = end;
        return span;
    }

    internal void Byte(byte value) => Take(1)[0] = value;

    internal void UInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);

    internal void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    internal void UInt32(long value) => UInt32(checked((uint)value));

    internal void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);

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

    internal void Zeros(int count) => Take(count).Clear();

    internal void AlignTo(int alignment) => Zeros((alignment - (Length % alignment)) % alignment);

    internal void Uuid(Guid uuid) => uuid.TryWriteBytes(Take(16), bigEndian: true, out _);

    /// <summary>A distance of LC_FUNCTION_STARTS.</summary>
    internal void Uleb(ulong value)
    {
        for (; value > 0x7F; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>A symbol table entry.</summary>
    internal void Symbol(uint name, byte type, byte section, ushort description, ulong value, bool wide)
    {
        var entry = Take(wide ? 16 : 12);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, name);
        entry[4] = type;
        entry[5] = section;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], description);
        if (wide)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], checked((uint)value));
        }
    }

    internal byte[] ToArray() => Written.ToArray();

    internal static int UlebLength(ulong value)
    {
        var length = 1;
        for (; value > 0x7F; value >>= 7)
        {
            length++;
        }

        return length;
    }

    internal static long Align(long value, long alignment) => (value + alignment - 1) / alignment * alignment;
}
