using System.Security.Cryptography;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// Opens single messages of HPKE (RFC 9180) in base mode with the one suite Apple uses: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
/// AES-256-GCM, no info, no associated data.
/// </summary>
internal static class Hpke
{
    internal const int PublicKeySize = 65;
    internal const int TagSize = 16;

    private const int KeySize = 32;
    private const int NonceSize = 12;
    private const byte Uncompressed = 4;

    private static ReadOnlySpan<byte> KemSuite => [(byte)'K', (byte)'E', (byte)'M', 0, 0x10];

    private static ReadOnlySpan<byte> Suite => [(byte)'H', (byte)'P', (byte)'K', (byte)'E', 0, 0x10, 0, 1, 0, 2];

    /// <summary>Decrypts a message sealed for <paramref name="recipient"/>.</summary>
    /// <exception cref="CryptographicException">The message was sealed for another key, or is damaged.</exception>
    internal static byte[] Open(ECDiffieHellman recipient, ReadOnlySpan<byte> encapsulated, ReadOnlySpan<byte> sealedMessage)
    {
        if (encapsulated.Length != PublicKeySize || encapsulated[0] != Uncompressed || sealedMessage.Length < TagSize)
        {
            throw new CryptographicException("the sealed message is cut short");
        }

        using var sender = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = encapsulated[1..33].ToArray(), Y = encapsulated[33..].ToArray() },
        });
        var agreed = recipient.DeriveRawSecretAgreement(sender.PublicKey);
        byte[] context = [.. encapsulated, .. PublicKey(recipient)];
        var prk = Extract([], KemSuite, "eae_prk"u8, agreed);
        var shared = Expand(prk, KemSuite, "shared_secret"u8, context, KeySize);

        // Base mode: no pre-shared key and no info, but both are still hashed under their labels.
        byte[] schedule = [0, .. Extract([], Suite, "psk_id_hash"u8, []), .. Extract([], Suite, "info_hash"u8, [])];
        var secret = Extract(shared, Suite, "secret"u8, []);
        var key = Expand(secret, Suite, "key"u8, schedule, KeySize);
        var nonce = Expand(secret, Suite, "base_nonce"u8, schedule, NonceSize);

        var opened = new byte[sealedMessage.Length - TagSize];
        using var gcm = new AesGcm(key, TagSize);
        gcm.Decrypt(nonce, sealedMessage[..^TagSize], sealedMessage[^TagSize..], opened);
        return opened;
    }

    /// <summary>A public key in its uncompressed X9.62 encoding.</summary>
    internal static byte[] PublicKey(ECAlgorithm key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return [Uncompressed, .. point.X!, .. point.Y!];
    }

    private static byte[] Extract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> suite, ReadOnlySpan<byte> label, ReadOnlySpan<byte> material)
    {
        byte[] labelled = [.. "HPKE-v1"u8, .. suite, .. label, .. material];
        var prk = new byte[KeySize];
        HKDF.Extract(HashAlgorithmName.SHA256, labelled, salt, prk);
        return prk;
    }

    private static byte[] Expand(byte[] prk, ReadOnlySpan<byte> suite, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, int length)
    {
        byte[] labelled = [(byte)(length >> 8), (byte)length, .. "HPKE-v1"u8, .. suite, .. label, .. info];
        var output = new byte[length];
        HKDF.Expand(HashAlgorithmName.SHA256, prk, output, labelled);
        return output;
    }
}
