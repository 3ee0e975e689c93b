using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.Dwarf;

/// <summary>A growing section.</summary>
internal sealed class DwarfBytes
{
    private byte[] _bytes = new byte[1024];

    internal int Length { get; private set; }

    internal byte[] ToArray() => _bytes.AsSpan(0, Length).ToArray();

    internal void Fixed(ulong value, int size)
    {
        var field = Take(size);
        for (var i = 0; i < size; i++)
        {
            field[i] = i < 8 ? (byte)(value >> (8 * i)) : (byte)0;
        }
    }

    internal void Signed(long value, int size)
    {
        var field = Take(size);
        for (var i = 0; i < size; i++)
        {
            field[i] = (byte)(value >> Math.Min(63, 8 * i));
        }
    }

    internal void Uleb(ulong value, int padTo = 0)
    {
        for (var count = 1; ; count++)
        {
            var more = value > 0x7F || count < padTo;
            Fixed((value & 0x7F) | (more ? 0x80u : 0), 1);
            value >>= 7;
            if (!more)
            {
                return;
            }
        }
    }

    internal void Sleb(long value)
    {
        for (var more = true; more; value >>= 7)
        {
            more = value is < -64 or > 63;
            Fixed((ulong)(value & 0x7F) | (more ? 0x80u : 0), 1);
        }
    }

    internal void Text(string text)
    {
        Bytes(Encoding.UTF8.GetBytes(text));
        Fixed(0, 1);
    }

    internal void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    internal void Patch(int position, ulong value, int size)
    {
        Span<byte> field = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(field, value);
        field[..size].CopyTo(_bytes.AsSpan(position));
    }

    internal void PatchUleb(int position, ulong value, int size)
    {
        for (var i = 0; i < size; i++, value >>= 7)
        {
            _bytes[position + i] = (byte)((value & 0x7F) | (i < size - 1 ? 0x80u : 0));
        }
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
