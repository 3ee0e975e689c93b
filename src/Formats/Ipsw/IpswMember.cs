namespace IpswDiff.Formats.Ipsw;

/// <summary>One file of a firmware.</summary>
public sealed record IpswMember
{
    /// <summary>Its path in the archive, <c>/</c> between parts.</summary>
    public required string Name { get; init; }

    /// <summary>Its length in bytes, unpacked.</summary>
    public required long Size { get; init; }

    /// <summary>CRC-32 of its contents, where the archive keeps one.</summary>
    public uint? Crc32 { get; init; }

    /// <summary>The low 12 bits of <c>st_mode</c>, where the archive keeps them.</summary>
    public int? Mode { get; init; }

    /// <summary>Whether the contents are the target of a symbolic link.</summary>
    public bool IsSymlink { get; init; }

    /// <summary>Whether the contents are read in place, so that opening costs nothing.</summary>
    public bool IsInPlace { get; init; }
}
