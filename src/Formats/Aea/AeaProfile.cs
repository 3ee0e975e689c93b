namespace IpswDiff.Formats.Aea;

/// <summary>How an archive is encrypted and signed (<c>AEAProfile</c> of AppleArchive).</summary>
public enum AeaProfile
{
    /// <summary>Not encrypted, signed with ECDSA P-256.</summary>
    Signed = 0,

    /// <summary>Encrypted with a symmetric key.</summary>
    Symmetric = 1,

    /// <summary>Encrypted with a symmetric key and signed.</summary>
    SymmetricSigned = 2,

    /// <summary>Encrypted for a P-256 key.</summary>
    Asymmetric = 3,

    /// <summary>Encrypted for a P-256 key and signed.</summary>
    AsymmetricSigned = 4,

    /// <summary>Encrypted with a password.</summary>
    Password = 5,
}

/// <summary>The compression of an archive's segments; the values are the bytes of its root header.</summary>
public enum AeaCompression
{
    /// <summary>Stored.</summary>
    None = '-',

    /// <summary>LZ4.</summary>
    Lz4 = '4',

    /// <summary>LZBITMAP.</summary>
    Lzbitmap = 'b',

    /// <summary>LZFSE.</summary>
    Lzfse = 'e',

    /// <summary>LZVN.</summary>
    Lzvn = 'f',

    /// <summary>LZRAVEN, by the letter that pbzx streams have for it.</summary>
    Lzraven = 'm',

    /// <summary>LZMA, in xz streams.</summary>
    Lzma = 'x',

    /// <summary>zlib.</summary>
    Zlib = 'z',
}

/// <summary>The checksum of an archive's decoded segments; the values are the bytes of its root header.</summary>
public enum AeaChecksum
{
    /// <summary>None beside the HMAC.</summary>
    None = 0,

    /// <summary>MurmurHash64A.</summary>
    Murmur = 1,

    /// <summary>SHA-256.</summary>
    Sha256 = 2,
}
