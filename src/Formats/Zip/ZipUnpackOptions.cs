namespace IpswDiff.Formats.Zip;

/// <summary>Where a compressed member goes when it is opened.</summary>
public sealed record ZipUnpackOptions
{
    /// <summary>8 MiB in memory, more in the system's folder of temporary files.</summary>
    public static ZipUnpackOptions Default { get; } = new();

    /// <summary>The largest member that is unpacked into memory, in bytes.</summary>
    public int MemoryLimit { get; init; } = 8 << 20;

    /// <summary>The folder for larger ones; each is a file that vanishes when it is closed.</summary>
    public string TemporaryFolder { get; init; } = Path.GetTempPath();
}
