using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace IpswDiff.Formats.Apfs;

/// <summary>The checksum of every APFS object with a header: Fletcher's, over 32-bit words modulo 2^32 - 1, of all but the first eight bytes.</summary>
internal static class Fletcher64
{
    private const ulong Modulus = 0xFFFFFFFF;

    // The second sum grows with the square of the words added between two reductions; after this many it still fits 64 bits.
    private const int WordsBetweenReductions = 1024;

    /// <summary>Whether the object's first eight bytes are the checksum of the rest. The length must be a multiple of four.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> block) => Compute(block[8..]) == BinaryPrimitives.ReadUInt64LittleEndian(block);

    /// <summary>The value that an object holds whose bytes after the checksum are <paramref name="data"/>.</summary>
    internal static ulong Compute(ReadOnlySpan<byte> data)
    {
        ulong first = 0;
        ulong second = 0;
        var words = MemoryMarshal.Cast<byte, uint>(data);
        while (!words.IsEmpty)
        {
            var count = Math.Min(words.Length, WordsBetweenReductions);
            foreach (var word in words[..count])
            {
                first += BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
                second += first;
            }

            first %= Modulus;
            second %= Modulus;
            words = words[count..];
        }

        var low = Modulus - ((first + second) % Modulus);
        var high = Modulus - ((first + low) % Modulus);
        return (high << 32) | low;
    }
}
