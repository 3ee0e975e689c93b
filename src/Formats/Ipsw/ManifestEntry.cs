namespace IpswDiff.Formats.Ipsw;

/// <summary>One component of a build identity.</summary>
/// <param name="Key">Its key in the manifest: <c>OS</c>, <c>KernelCache</c>, <c>Cryptex1,SystemOS</c> and so on.</param>
/// <param name="Path">Its file in the archive, or null for components without one.</param>
/// <param name="Digest">What the signature vouches for, lower-case hexadecimal; equal digests mean equal content. Null where the manifest has none.</param>
public sealed record ManifestEntry(string Key, string? Path, string? Digest);
