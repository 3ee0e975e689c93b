using System.Security.Cryptography;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Aea;

/// <summary>Tries keys on an archive's root header until one proves it.</summary>
internal static class AeaOpener
{
    private const int SignatureSize = 128;
    private const int StoredKeySize = 32;

    internal static AeaArchive Open(ByteSource source, AeaKeyOptions options, BlockCache? cache)
    {
        var prologue = AeaPrologue.Read(source);
        if (prologue.Profile is not (AeaProfile.Signed or AeaProfile.Symmetric or AeaProfile.SymmetricSigned))
        {
            throw new FirmwareFormatException(
                AeaPrologue.Format, 4, $"profile {(int)prologue.Profile} ({prologue.Profile}) needs more than a symmetric key and is not supported");
        }

        var layout = new Layout(prologue);
        var head = source.ReadBytes(0, checked((int)layout.DataStart));
        if (prologue.IsSigned && options.SigningPublicKey.Length != Hpke.PublicKeySize)
        {
            throw new FirmwareFormatException(
                AeaPrologue.Format, 4, $"profile {(int)prologue.Profile} is signed: the signer's public key is part of its key and was not given");
        }

        var search = new AeaKeySearch(prologue, options);
        foreach (var key in prologue.IsEncrypted ? search.Candidates() : [head.AsSpan(layout.StoredKey, StoredKeySize).ToArray()])
        {
            var mainKey = MainKey(prologue, options, key, head.AsSpan(layout.Salt, AeaPrologue.SaltSize));
            if (TryReadRoot(prologue, layout, head, mainKey, source.Length) is { } root)
            {
                if (prologue.IsSigned)
                {
                    VerifySignature(prologue, layout, head, mainKey, options.SigningPublicKey.Span);
                }

                var firstMac = head.AsSpan(layout.FirstMac, AeaPrologue.MacSize).ToArray();
                return new AeaArchive(source, prologue, root, mainKey, firstMac, layout.DataStart, cache);
            }
        }

        throw prologue.IsEncrypted
            ? search.Failure()
            : new FirmwareFormatException(AeaPrologue.Format, layout.RootHeader, "the root header fails its HMAC: damaged, or signed by another key");
    }

    private static byte[] MainKey(AeaPrologue prologue, AeaKeyOptions options, byte[] key, ReadOnlySpan<byte> salt)
    {
        Span<byte> word = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(word, prologue.ProfileWord);
        byte[] label = [.. "AEA_AMK"u8, .. word, .. prologue.IsSigned ? options.SigningPublicKey.Span : []];
        var mainKey = new byte[AeaDataKey.DerivationKeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, mainKey, salt, label);
        return mainKey;
    }

    private static AeaRootHeader? TryReadRoot(AeaPrologue prologue, Layout layout, byte[] head, byte[] mainKey, long length)
    {
        var key = AeaDataKey.Derive(mainKey, "AEA_RHEK"u8, prologue.IsEncrypted, stackalloc byte[AeaDataKey.MaxSize]);
        Span<byte> root = stackalloc byte[AeaRootHeader.Size];
        head.AsSpan(layout.RootHeader, AeaRootHeader.Size).CopyTo(root);
        byte[] salt = [.. head.AsSpan(layout.FirstMac, AeaPrologue.MacSize), .. prologue.AuthData];
        if (!key.Verify(root, salt, head.AsSpan(layout.RootMac, AeaPrologue.MacSize)))
        {
            return null;
        }

        key.Decrypt(root);
        return AeaRootHeader.Read(root, layout.RootHeader, layout.DataStart, length);
    }

    // ECDSA over everything up to the first cluster, with zeros in the place of the signature.
    private static void VerifySignature(AeaPrologue prologue, Layout layout, byte[] head, byte[] mainKey, ReadOnlySpan<byte> publicKey)
    {
        var signature = head.AsSpan(prologue.End, SignatureSize).ToArray();
        if (prologue.IsEncrypted)
        {
            var seed = new byte[AeaDataKey.DerivationKeySize];
            HKDF.DeriveKey(HashAlgorithmName.SHA256, mainKey, seed, [], "AEA_SEK"u8);
            var key = AeaDataKey.Derive(seed, "AEA_SEK2"u8, encrypted: true, stackalloc byte[AeaDataKey.MaxSize]);
            if (!key.Verify(signature, [], head.AsSpan(prologue.End + SignatureSize, AeaPrologue.MacSize)))
            {
                throw new FirmwareFormatException(AeaPrologue.Format, prologue.End, "the signature fails its HMAC: the archive is damaged");
            }

            key.Decrypt(signature);
        }

        var signed = head.ToArray();
        signed.AsSpan(prologue.End, layout.StoredKey - prologue.End).Clear();
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = publicKey[1..33].ToArray(), Y = publicKey[33..].ToArray() },
        });

        // A DER sequence of fewer than 128 bytes, then zeros; its second byte is the length of what follows.
        var length = Math.Min(signature[1] + 2, signature.Length);
        if (signature.AsSpan(length).ContainsAnyExcept((byte)0)
            || !ecdsa.VerifyData(signed, signature.AsSpan(0, length), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
        {
            throw new FirmwareFormatException(AeaPrologue.Format, prologue.End, "the signature is not that of the key given");
        }
    }

    /// <summary>Where things lie between the authenticated data and the first cluster.</summary>
    private readonly struct Layout(AeaPrologue prologue)
    {
        internal int StoredKey { get; } = prologue.End
            + (prologue.IsSigned ? SignatureSize + (prologue.IsEncrypted ? AeaPrologue.MacSize : 0) : 0);

        internal int Salt => StoredKey + (prologue.IsEncrypted ? 0 : StoredKeySize);

        internal int RootMac => Salt + AeaPrologue.SaltSize;

        internal int RootHeader => RootMac + AeaPrologue.MacSize;

        internal int FirstMac => RootHeader + AeaRootHeader.Size;

        internal int DataStart => FirstMac + AeaPrologue.MacSize;
    }
}
