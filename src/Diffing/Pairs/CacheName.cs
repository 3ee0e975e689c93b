using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Pairs;

/// <summary>What a shared cache is called by: where it lies and what kind it is on the one hand, its architecture on the other.</summary>
/// <param name="Cache">The cache.</param>
/// <param name="Place">Its label without the architecture.</param>
/// <param name="Architecture">The architecture by the cache's header, by its name where the header cannot be read.</param>
internal sealed record CacheName(InputCache Cache, string Place, CpuArchitecture Architecture)
{
    private const string Stem = "shared_cache_";
    private const string Development = ".development";

    /// <summary>Names a cache.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="mayOpen">Whether to ask its header.</param>
    public static CacheName Of(InputCache cache, bool mayOpen)
    {
        var stem = cache.Label.LastIndexOf(Stem, StringComparison.Ordinal);
        var start = stem < 0 ? cache.Label.Length : stem + Stem.Length;
        var end = cache.Label.EndsWith(Development, StringComparison.Ordinal) ? Math.Max(start, cache.Label.Length - Development.Length) : cache.Label.Length;
        var named = CpuArchitecture.FromFileName(cache.Label[start..end]);

        // What is no architecture is part of the place, so that nothing is matched that is merely called alike.
        var place = named is null ? cache.Label : cache.Label.Remove(start, end - start);
        return new CacheName(cache, place, (mayOpen ? TryRead(cache) : null) ?? named ?? default);
    }

    private static CpuArchitecture? TryRead(InputCache cache)
    {
        try
        {
            return cache.Open().Architecture;
        }
        catch (FirmwareFormatException)
        {
            // Whoever compares it opens it again and says why it cannot be read.
            return null;
        }
    }
}
