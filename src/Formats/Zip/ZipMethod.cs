namespace IpswDiff.Formats.Zip;

/// <summary>How a member's bytes are stored. Only the first two are read; the others are known by name, to say so.</summary>
public enum ZipMethod
{
    /// <summary>As they are.</summary>
    Stored = 0,

    /// <summary>Deflate.</summary>
    Deflate = 8,

    /// <summary>Deflate64.</summary>
    Deflate64 = 9,

    /// <summary>bzip2.</summary>
    BZip2 = 12,

    /// <summary>LZMA.</summary>
    Lzma = 14,

    /// <summary>Zstandard.</summary>
    Zstandard = 93,

    /// <summary>xz.</summary>
    Xz = 95,

    /// <summary>The method is hidden by WinZip's encryption; some Apple tools put LZFSE here.</summary>
    EncryptedOrLzfse = 99,
}
