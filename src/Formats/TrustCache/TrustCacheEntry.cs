namespace IpswDiff.Formats.TrustCache;

/// <summary>One entry of a trust cache: bytes of the cache, not a copy.</summary>
public readonly struct TrustCacheEntry
{
    /// <summary>Bytes of a code-directory hash here, whatever it was made with: longer ones are cut.</summary>
    public const int HashSize = 20;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _version;

    internal TrustCacheEntry(ReadOnlyMemory<byte> bytes, int version)
    {
        _bytes = bytes;
        _version = version;
    }

    /// <summary>The hash, 20 bytes.</summary>
    public ReadOnlyMemory<byte> CdHash => _bytes[..HashSize];

    /// <summary>The hash in lower-case hexadecimal.</summary>
    public string CdHashText => Convert.ToHexStringLower(_bytes.Span[..HashSize]);

    /// <summary>What the hash was made with (<c>CS_HASHTYPE_*</c>): 1 SHA-1, 2 SHA-256, 3 SHA-256 cut, 4 SHA-384; null in version 0.</summary>
    public byte? HashType => _version >= 1 ? _bytes.Span[HashSize] : null;

    /// <summary>Flags: 1 amfid must be asked, 2 a model of the Neural Engine; null in version 0.</summary>
    public byte? Flags => _version >= 1 ? _bytes.Span[HashSize + 1] : null;

    /// <summary>Number of the launch-constraint category, 0 for none; null before version 2.</summary>
    public byte? ConstraintCategory => _version >= 2 ? _bytes.Span[HashSize + 2] : null;

    /// <summary>Hash, then type, flags and category in brackets where the version has them.</summary>
    public override string ToString() => _version switch
    {
        0 => CdHashText,
        1 => $"{CdHashText} [{HashType}] [{Flags}]",
        _ => $"{CdHashText} [{HashType}] [{Flags}] [{ConstraintCategory}]",
    };
}
