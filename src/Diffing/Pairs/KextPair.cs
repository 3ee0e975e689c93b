using IpswDiff.Formats.Kernelcache;

namespace IpswDiff.Diffing.Pairs;

/// <summary>One bundle identifier in both versions of a kernelcache; at least one side is there.</summary>
/// <param name="Cache">The pair of kernelcaches it lies in.</param>
/// <param name="Id">The identifier; <c>com.apple.kernel</c> for the kernel.</param>
/// <param name="Old">The old side, or null.</param>
/// <param name="New">The new side, or null.</param>
internal sealed record KextPair(KernelcachePair Cache, string Id, KextSide? Old, KextSide? New);

/// <summary>A kext of one kernelcache: its image, its Info.plist, or both.</summary>
/// <param name="Entry">The image; null for a kext without code.</param>
/// <param name="Info">The Info.plist; null where the cache has none, as for the kernel.</param>
internal sealed record KextSide(KernelcacheEntry? Entry, KextInfo? Info);
