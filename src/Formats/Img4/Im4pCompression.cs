namespace IpswDiff.Formats.Img4;

/// <summary>How a payload is compressed.</summary>
public enum Im4pCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>LZSS, with or without a <c>complzss</c> header.</summary>
    Lzss,

    /// <summary>LZFSE.</summary>
    Lzfse,
}
