namespace IpswDiff.Formats.Pbzx;

/// <summary>How the chunks of a pbzx stream are compressed; the values are the last byte of its magic.</summary>
public enum PbzxAlgorithm
{
    /// <summary><c>pbz-</c>: stored.</summary>
    None = '-',

    /// <summary><c>pbz4</c>: LZ4.</summary>
    Lz4 = '4',

    /// <summary><c>pbzb</c>: LZBITMAP.</summary>
    Lzbitmap = 'b',

    /// <summary><c>pbze</c>: LZFSE.</summary>
    Lzfse = 'e',

    /// <summary><c>pbzm</c>: LZRAVEN, in the updates of OS 27.</summary>
    Lzraven = 'm',

    /// <summary><c>pbzx</c>: LZMA2 in an xz stream.</summary>
    Lzma = 'x',

    /// <summary><c>pbzz</c>: zlib.</summary>
    Zlib = 'z',
}
