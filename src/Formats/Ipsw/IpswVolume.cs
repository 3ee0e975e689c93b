namespace IpswDiff.Formats.Ipsw;

/// <summary>One disk image of an operating system that a firmware installs.</summary>
public sealed record IpswVolume
{
    /// <summary>The key in the manifest: <c>OS</c>, <c>Cryptex1,SystemOS</c>, <c>Cryptex1,AppOS</c>, <c>Ap,ExclaveOS</c> and so on.</summary>
    public required string Role { get; init; }

    /// <summary>What people call the role: <c>FileSystem</c>, <c>SystemOS</c>; the same for every image of it.</summary>
    public required string RoleName { get; init; }

    /// <summary>
    /// What people call it, different for every volume of a firmware: <c>FileSystem</c>, <c>SystemOS</c>, <c>AppOS</c>,
    /// <c>ExclaveOS</c>, <c>RosettaOS</c>; with the board behind it, <c>FileSystem (j314sap)</c>, where a role has several images.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The image's path in the archive.</summary>
    public required string Path { get; init; }

    /// <summary>The digest that every identity agrees on, or null.</summary>
    public string? Digest { get; init; }

    /// <summary>The boards that install it, in ordinal order.</summary>
    public required IReadOnlyList<string> Boards { get; init; }

    /// <summary>The file itself; null when the archive lacks what its manifest names.</summary>
    public IpswMember? Member { get; init; }

    /// <summary>The image's length in bytes, 0 when the archive lacks it.</summary>
    public long Size => Member?.Size ?? 0;

    /// <summary>Whether the image is an Apple Encrypted Archive.</summary>
    public bool IsEncrypted => Path.EndsWith(".aea", StringComparison.OrdinalIgnoreCase);
}
