using System.Buffers.Binary;
using System.Security.Cryptography;

namespace IpswDiff.Forge.Udif;

/// <summary>Encrypts disk images as those of devices before iOS 10 were (<c>encrcdsa</c>, version 2).</summary>
public static class EncryptedImageWriter
{
    private const int DataOffset = 0x1E000;

    /// <param name="image">The image.</param>
    /// <param name="key">The AES key (16 or 32 bytes) and the 20 bytes from which the IVs come.</param>
    /// <param name="chunkSize">Bytes of a chunk.</param>
    public static byte[] Write(byte[] image, byte[] key, int chunkSize = 4096)
    {
        var chunks = (image.Length + chunkSize - 1) / chunkSize;
        var output = new byte[DataOffset + (chunks * chunkSize)];
        "encrcdsa"u8.CopyTo(output);
        uint[] words = [2, 16, 5, 0x80000001, (uint)(key.Length - 20) * 8, 91, 160];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(output.AsSpan(8 + (4 * i)), words[i]);
        }

        BinaryPrimitives.WriteUInt32BigEndian(output.AsSpan(52), (uint)chunkSize);
        BinaryPrimitives.WriteInt64BigEndian(output.AsSpan(56), image.Length);
        BinaryPrimitives.WriteInt64BigEndian(output.AsSpan(64), DataOffset);
        using var aes = Aes.Create();
        aes.Key = key[..^20];
        for (var i = 0; i < chunks; i++)
        {
            var chunk = new byte[chunkSize];
            image.AsSpan(i * chunkSize, Math.Min(chunkSize, image.Length - (i * chunkSize))).CopyTo(chunk);
            byte[] number = [(byte)(i >> 24), (byte)(i >> 16), (byte)(i >> 8), (byte)i];
#pragma warning disable CA5350 // The format's choice.
            var iv = HMACSHA1.HashData(key.AsSpan(key.Length - 20), number);
#pragma warning restore CA5350
            aes.EncryptCbc(chunk, iv.AsSpan(0, 16), output.AsSpan(DataOffset + (i * chunkSize), chunkSize), PaddingMode.None);
        }

        return output;
    }
}
