using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// AES in counter mode, which .NET does not offer: counters are encrypted by ECB a buffer at a time and XORed into the data. Safe for
/// concurrent use; it holds nothing.
/// </summary>
internal static class AesCtr
{
    private const int BlockSize = 16;

    // Large enough to hide the cost of a call into the crypto library, small enough to stay in the first-level cache.
    private const int BatchSize = 8192;

    /// <summary>Encrypts or decrypts <paramref name="data"/> in place, from the counter's first value on.</summary>
    internal static void Transform(ReadOnlySpan<byte> key, ReadOnlySpan<byte> counter, Span<byte> data)
    {
        using var aes = Aes.Create();
        aes.Mode = CipherMode.ECB;
        aes.Padding = PaddingMode.None;
        aes.SetKey(key);

        // One transform for all batches: the one-shot call would expand the key anew for each and run at a third of the speed.
        using var encryptor = aes.CreateEncryptor();
        var high = BinaryPrimitives.ReadUInt64BigEndian(counter);
        var low = BinaryPrimitives.ReadUInt64BigEndian(counter[8..]);
        var rented = BoundedArrayPool<byte>.Shared.Rent(BatchSize);
        try
        {
            while (!data.IsEmpty)
            {
                var part = data[..Math.Min(data.Length, BatchSize)];
                var stream = rented.AsSpan(0, (part.Length + BlockSize - 1) & ~(BlockSize - 1));
                var words = MemoryMarshal.Cast<byte, ulong>(stream);
                for (var i = 0; i + 1 < words.Length; i += 2)
                {
                    words[i] = BigEndian(high);
                    words[i + 1] = BigEndian(low);
                    low++;
                    high += low == 0 ? 1UL : 0;
                }

                encryptor.TransformBlock(rented, 0, stream.Length, rented, 0);
                Xor(part, stream[..part.Length]);
                data = data[part.Length..];
            }
        }
        finally
        {
            // Whoever rents the buffer next must not find a key stream in it.
            CryptographicOperations.ZeroMemory(rented);
            BoundedArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void Xor(Span<byte> data, ReadOnlySpan<byte> stream)
    {
        var wide = data.Length / Vector<byte>.Count * Vector<byte>.Count;
        var to = MemoryMarshal.Cast<byte, Vector<byte>>(data[..wide]);
        var from = MemoryMarshal.Cast<byte, Vector<byte>>(stream[..wide]);
        for (var i = 0; i < to.Length; i++)
        {
            to[i] ^= from[i];
        }

        for (var i = wide; i < data.Length; i++)
        {
            data[i] ^= stream[i];
        }
    }

    private static ulong BigEndian(ulong value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
