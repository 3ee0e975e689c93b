namespace IpswDiff.Formats.Ipsw;

/// <summary>A file that identities name under one key, gathered over all of them.</summary>
/// <param name="Key">The key in the manifest.</param>
/// <param name="Path">The path, as the first identity writes it.</param>
/// <param name="Boards">The boards that use it, in ordinal order.</param>
/// <param name="Digest">The digest all of them agree on, or null.</param>
internal sealed record ManifestImage(string Key, string Path, IReadOnlyList<string> Boards, string? Digest)
{
    /// <summary>The distinct files of every key that <paramref name="isWanted"/>, in the order in which <paramref name="identities"/> name them.</summary>
    internal static Dictionary<string, List<ManifestImage>> Gather(IEnumerable<BuildIdentity> identities, Func<ManifestEntry, bool> isWanted) =>
        identities
            .SelectMany(identity => identity.Entries.Where(entry => entry.Path is not null && isWanted(entry)).Select(entry => (identity.DeviceClass, Entry: entry)))
            .GroupBy(static use => use.Entry.Key, StringComparer.Ordinal)
            .ToDictionary(
                static uses => uses.Key,
                static uses => uses.GroupBy(static use => use.Entry.Path!, StringComparer.OrdinalIgnoreCase)
                    .Select(static image => new ManifestImage(
                        image.First().Entry.Key,
                        image.First().Entry.Path!,
                        [.. image.Select(static use => use.DeviceClass).Where(static board => board.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                        Agreed(image.Select(static use => use.Entry.Digest))))
                    .ToList(),
                StringComparer.Ordinal);

    private static string? Agreed(IEnumerable<string?> digests)
    {
        var distinct = digests.Distinct(StringComparer.Ordinal).Take(2).ToArray();
        return distinct.Length == 1 ? distinct[0] : null;
    }
}
