namespace IpswDiff.Formats.Ipsw;

/// <summary>One kernelcache of a firmware.</summary>
/// <param name="Path">Its path in the archive.</param>
/// <param name="Boards">The boards that boot it, in ordinal order; none when there is no manifest to say.</param>
/// <param name="Digest">The digest that every identity agrees on, or null.</param>
/// <param name="Member">The file itself; null when the archive lacks what its manifest names.</param>
public sealed record IpswKernelcache(string Path, IReadOnlyList<string> Boards, string? Digest, IpswMember? Member);
