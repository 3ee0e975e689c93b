using System.Buffers.Binary;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Agreement;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;

namespace IpswDiff.Forge.Aea;

/// <summary>The primitives of archives, from another library than the reader's, so that each proves the other.</summary>
internal static class AeaCrypto
{
    internal static byte[] Hkdf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info, int size)
    {
        var generator = new HkdfBytesGenerator(new Sha256Digest());
        generator.Init(new HkdfParameters(key.ToArray(), salt.ToArray(), info.ToArray()));
        var output = new byte[size];
        generator.GenerateBytes(output, 0, size);
        return output;
    }

    internal static byte[] Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> salt)
    {
        var mac = new HMac(new Sha256Digest());
        mac.Init(new KeyParameter(key.ToArray()));
        mac.BlockUpdate(salt.ToArray(), 0, salt.Length);
        mac.BlockUpdate(data.ToArray(), 0, data.Length);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, salt.Length);
        mac.BlockUpdate(length, 0, 8);
        var output = new byte[32];
        mac.DoFinal(output, 0);
        return output;
    }

    /// <summary>Encrypts with a data key of 80 bytes; returns the bytes as they are for one of 32.</summary>
    internal static byte[] Encrypt(byte[] dataKey, byte[] data)
    {
        if (dataKey.Length == 32)
        {
            return data;
        }

        var cipher = new BufferedBlockCipher(new SicBlockCipher(new AesEngine()));
        cipher.Init(true, new ParametersWithIV(new KeyParameter(dataKey, 32, 32), dataKey, 64, 16));
        return cipher.DoFinal(data);
    }

    /// <summary>A P-256 key whose scalar the seed decides.</summary>
    internal static ECPrivateKeyParameters Key(ulong seed)
    {
        var scalar = new byte[32];
        new ForgeRandom(seed).Fill(scalar);

        // Below the curve's order whatever the other bytes are.
        scalar[0] &= 0x7f;
        return new ECPrivateKeyParameters("ECDH", new BigInteger(1, scalar), Curve);
    }

    internal static byte[] PublicKey(ECPrivateKeyParameters key) => Curve.G.Multiply(key.D).Normalize().GetEncoded(false);

    internal static byte[] Sign(ECPrivateKeyParameters key, byte[] data)
    {
        var signer = new DsaDigestSigner(new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest())), new Sha256Digest());
        signer.Init(true, key);
        signer.BlockUpdate(data, 0, data.Length);
        return signer.GenerateSignature();
    }

    /// <summary>HPKE (RFC 9180, base mode, P-256, HKDF-SHA256, AES-256-GCM) with no info and no associated data.</summary>
    internal static (byte[] Encapsulated, byte[] Sealed) Seal(ECPrivateKeyParameters recipient, ECPrivateKeyParameters ephemeral, byte[] message)
    {
        var publicKey = new ECPublicKeyParameters(Curve.G.Multiply(recipient.D).Normalize(), Curve);
        var agreement = new ECDHBasicAgreement();
        agreement.Init(ephemeral);
        var agreed = agreement.CalculateAgreement(publicKey).ToByteArrayUnsigned();
        var padded = new byte[32];
        agreed.CopyTo(padded, 32 - agreed.Length);

        byte[] kem = [.. "KEM"u8, 0, 0x10];
        byte[] suite = [.. "HPKE"u8, 0, 0x10, 0, 1, 0, 2];
        var encapsulated = PublicKey(ephemeral);
        var prk = LabelledExtract([], kem, "eae_prk"u8, padded);
        var shared = LabelledExpand(prk, kem, "shared_secret"u8, [.. encapsulated, .. PublicKey(recipient)], 32);
        byte[] context = [0, .. LabelledExtract([], suite, "psk_id_hash"u8, []), .. LabelledExtract([], suite, "info_hash"u8, [])];
        var secret = LabelledExtract(shared, suite, "secret"u8, []);
        var gcm = new GcmBlockCipher(new AesEngine());
        gcm.Init(true, new AeadParameters(
            new KeyParameter(LabelledExpand(secret, suite, "key"u8, context, 32)), 128, LabelledExpand(secret, suite, "base_nonce"u8, context, 12)));
        var output = new byte[gcm.GetOutputSize(message.Length)];
        var count = gcm.ProcessBytes(message, 0, message.Length, output, 0);
        gcm.DoFinal(output, count);
        return (encapsulated, output);
    }

    private static ECDomainParameters Curve { get; } = ECNamedDomainParameters.LookupOid(Org.BouncyCastle.Asn1.X9.X9ObjectIdentifiers.Prime256v1);

    // HKDF-Extract is HMAC with the salt for its key.
    private static byte[] LabelledExtract(byte[] salt, byte[] suite, ReadOnlySpan<byte> label, byte[] material)
    {
        var mac = new HMac(new Sha256Digest());
        mac.Init(new KeyParameter(salt.Length == 0 ? new byte[32] : salt));
        byte[] input = [.. "HPKE-v1"u8, .. suite, .. label, .. material];
        mac.BlockUpdate(input, 0, input.Length);
        var output = new byte[32];
        mac.DoFinal(output, 0);
        return output;
    }

    private static byte[] LabelledExpand(byte[] prk, byte[] suite, ReadOnlySpan<byte> label, byte[] info, int size)
    {
        var generator = new HkdfBytesGenerator(new Sha256Digest());
        generator.Init(HkdfParameters.SkipExtractParameters(prk, [(byte)(size >> 8), (byte)size, .. "HPKE-v1"u8, .. suite, .. label, .. info]));
        var output = new byte[size];
        generator.GenerateBytes(output, 0, size);
        return output;
    }
}
