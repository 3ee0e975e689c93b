namespace IpswDiff.Formats.Ipsw;

/// <summary>One kernelcache of a firmware.</summary>
/// <param name="Path">Its path in the archive.</param>
/// <param name="Boards">The boards that boot it, in ordinal order; none when there is no manifest to say.</param>
/// <param name="Digest">The digest that every identity agrees on, or null.</param>
/// <param name="Member">The file itself; null when the archive lacks what its manifest names.</param>
public sealed record IpswKernelcache(string Path, IReadOnlyList<string> Boards, string? Digest, IpswMember? Member)
{
    internal const string ManifestKey = "KernelCache";

    /// <summary>Whether a file is called a kernelcache, where nothing else says what it is.</summary>
    internal static bool HasName(string path) => System.IO.Path.GetFileName(path).StartsWith("kernelcache.", StringComparison.OrdinalIgnoreCase);
}
