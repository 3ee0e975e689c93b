using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.Apfs;

/// <summary>Builds a little-endian record field by field.</summary>
internal sealed class ByteBuilder
{
    private byte[] _bytes = new byte[128];

    public int Length { get; private set; }

    public ByteBuilder U8(byte value)
    {
        Take(1)[0] = value;
        return this;
    }

    public ByteBuilder U16(int value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Take(2), checked((ushort)value));
        return this;
    }

    public ByteBuilder U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);
        return this;
    }

    public ByteBuilder U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
        return this;
    }

    public ByteBuilder Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Take(bytes.Length));
        return this;
    }

    /// <summary>UTF-8 with a terminating NUL.</summary>
    public ByteBuilder Text(string text)
    {
        Encoding.UTF8.GetBytes(text, Take(Encoding.UTF8.GetByteCount(text)));
        return U8(0);
    }

    public ByteBuilder Zeros(int count)
    {
        Take(count).Clear();
        return this;
    }

    public byte[] ToArray() => _bytes.AsSpan(0, Length).ToArray();

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
