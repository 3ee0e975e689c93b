namespace IpswDiff.Formats.Plist;

/// <summary>
/// How much a property list may be. Small input can name one object many times, so values and bytes are counted as if every
/// mention were a copy: what walks a parsed value is then bounded as well.
/// </summary>
public sealed record PlistLimits
{
    /// <summary>What <see cref="PropertyList"/> uses when it is given no limits.</summary>
    public static PlistLimits Default { get; } = new();

    /// <summary>Nesting of arrays and dictionaries; 512, as Core Foundation has it.</summary>
    public int MaxDepth { get; init; } = 512;

    /// <summary>Values in all, keys included.</summary>
    public long MaxValues { get; init; } = 2 << 20;

    /// <summary>Bytes of strings and data in all.</summary>
    public long MaxContentBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of input.</summary>
    public int MaxInputBytes { get; init; } = 128 << 20;
}
