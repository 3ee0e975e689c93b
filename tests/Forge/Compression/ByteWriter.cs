using System.Buffers;
using System.Buffers.Binary;

namespace IpswDiff.Forge.Compression;

/// <summary>A growing run of bytes.</summary>
internal sealed class ByteWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    internal int Length => _bytes.WrittenCount;

    internal void Byte(int value)
    {
        _bytes.GetSpan(1)[0] = (byte)value;
        _bytes.Advance(1);
    }

    internal void Bytes(ReadOnlySpan<byte> value) => _bytes.Write(value);

    internal void UInt16(int value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.GetSpan(2), (ushort)value);
        _bytes.Advance(2);
    }

    internal void UInt24(int value)
    {
        UInt16(value);
        Byte(value >> 16);
    }

    internal void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
    }

    internal void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    internal byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
