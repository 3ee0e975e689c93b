using System.Buffers.Binary;

namespace IpswDiff.Formats.Aea;

/// <summary>MurmurHash64A with the seed that Apple Encrypted Archives use.</summary>
internal static class MurmurHash64A
{
    private const ulong Seed = 0xe2236fdc26a5f6d2;
    private const ulong Multiplier = 0xc6a4a7935bd1e995;
    private const int Shift = 47;

    internal static ulong Compute(ReadOnlySpan<byte> data)
    {
        var hash = Seed ^ ((ulong)data.Length * Multiplier);
        for (; data.Length >= 8; data = data[8..])
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(data) * Multiplier;
            word ^= word >> Shift;
            hash = (hash ^ (word * Multiplier)) * Multiplier;
        }

        if (!data.IsEmpty)
        {
            Span<byte> last = stackalloc byte[8];
            last.Clear();
            data.CopyTo(last);
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(last)) * Multiplier;
        }

        hash = (hash ^ (hash >> Shift)) * Multiplier;
        return hash ^ (hash >> Shift);
    }
}
