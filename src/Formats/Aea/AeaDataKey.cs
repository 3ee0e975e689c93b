using System.Buffers.Binary;
using System.Security.Cryptography;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// A derived key that protects one part of an archive: 32 bytes for HMAC-SHA256 and, where the archive is encrypted, 32 bytes and a
/// first counter for AES-256-CTR. All keys come from HKDF-SHA256 with the labels of AppleArchive.
/// </summary>
internal readonly ref struct AeaDataKey
{
    internal const int MaxSize = 80;
    internal const int DerivationKeySize = 32;

    private const int AuthenticatedOnlySize = 32;

    private readonly Span<byte> _bytes;

    private AeaDataKey(Span<byte> bytes) => _bytes = bytes;

    /// <summary>Derives a data key into <paramref name="room"/> of <see cref="MaxSize"/> bytes.</summary>
    internal static AeaDataKey Derive(scoped ReadOnlySpan<byte> from, scoped ReadOnlySpan<byte> label, bool encrypted, Span<byte> room)
    {
        var bytes = room[..(encrypted ? MaxSize : AuthenticatedOnlySize)];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, from, bytes, [], label);
        return new AeaDataKey(bytes);
    }

    /// <summary>The key that the keys of a cluster's header and segments are derived from.</summary>
    internal static byte[] ClusterKey(ReadOnlySpan<byte> mainKey, uint cluster)
    {
        var key = new byte[DerivationKeySize];
        Span<byte> label = stackalloc byte[10];
        Numbered("AEA_CK"u8, cluster, label);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, mainKey, key, [], label);
        return key;
    }

    /// <summary>The key of one segment.</summary>
    internal static AeaDataKey Segment(scoped ReadOnlySpan<byte> clusterKey, uint segment, bool encrypted, Span<byte> room)
    {
        Span<byte> label = stackalloc byte[10];
        Numbered("AEA_SK"u8, segment, label);
        return Derive(clusterKey, label, encrypted, room);
    }

    /// <summary>
    /// Whether <paramref name="mac"/> is that of the stored bytes <paramref name="data"/> and the <paramref name="salt"/> they are bound to:
    /// HMAC over salt, data and the salt's length.
    /// </summary>
    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> mac)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _bytes[..32]);
        hash.AppendData(salt);
        hash.AppendData(data);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, salt.Length);
        hash.AppendData(length);
        Span<byte> actual = stackalloc byte[AeaPrologue.MacSize];
        hash.GetHashAndReset(actual);
        return CryptographicOperations.FixedTimeEquals(actual, mac);
    }

    /// <summary>Decrypts in place; leaves the bytes alone where the archive is not encrypted.</summary>
    internal void Decrypt(Span<byte> data)
    {
        if (_bytes.Length == MaxSize)
        {
            AesCtr.Transform(_bytes[32..64], _bytes[64..], data);
        }
    }

    private static void Numbered(ReadOnlySpan<byte> label, uint number, Span<byte> output)
    {
        label.CopyTo(output);
        BinaryPrimitives.WriteUInt32LittleEndian(output[label.Length..], number);
    }
}
