using IpswDiff.Forge.SharedCache.Generated;

namespace IpswDiff.Forge.SharedCache.Pairs;

/// <summary>Which parts of a cache's images are planted with what; the rest stays as it is, but where neighbours grew it moves.</summary>
/// <param name="Changed">Part that is changed, in every way in turn.</param>
/// <param name="Rebuilt">Part that only has a new LC_UUID.</param>
/// <param name="Added">Part that is new, counted by the old cache.</param>
/// <param name="Removed">Part that is gone.</param>
public sealed record SharedCacheProportions(double Changed = 0.05, double Rebuilt = 0.30, double Added = 0.003, double Removed = 0.002)
{
    /// <summary>Part that lies in another folder since, and is the same otherwise.</summary>
    public double Renamed { get; init; }
}

/// <summary>How large the images of a cache are: many small, few very large, as in a cache of iOS.</summary>
internal static class ImageSizes
{
    /// <summary>Bytes that a function takes of all parts of a cache, with its part of strings, data and names.</summary>
    internal const int BytesPerFunction = 520;

    // A log-normal distribution whose mean is 4.2 times its median.
    private const double Spread = 1.7;
    private const int LargestShare = 64;

    /// <summary>Functions of each image, for a cache of about <paramref name="totalBytes"/>.</summary>
    internal static int[] Functions(ForgeRandom random, int count, long totalBytes)
    {
        var weights = new double[count];
        for (var i = 0; i < count; i++)
        {
            // The sum of twelve uniform numbers is as good as normal here, and the same on every machine.
            var normal = -6.0;
            for (var n = 0; n < 12; n++)
            {
                normal += random.Next(1 << 20) / (double)(1 << 20);
            }

            weights[i] = Exponential(Spread * normal);
        }

        var limit = weights.Sum() / LargestShare;
        weights = Array.ConvertAll(weights, weight => Math.Min(weight, limit));
        var perWeight = totalBytes / (double)BytesPerFunction / weights.Sum();
        return Array.ConvertAll(weights, weight => Math.Max(ImageRecipe.Anchors + 16, (int)(weight * perWeight)));
    }

    private static double Exponential(double x)
    {
        // (1 + x / 2^20) ^ 2^20, by squaring.
        var result = 1 + (x / (1 << 20));
        for (var i = 0; i < 20; i++)
        {
            result *= result;
        }

        return result;
    }
}
