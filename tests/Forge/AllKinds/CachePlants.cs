using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.Forge.AllKinds;

/// <summary>A shared cache on either side, its images planted with every kind of change.</summary>
internal static class CachePlants
{
    private const string Section = "SharedCache";
    private const string Folder = "/System/Library/Caches/com.apple.dyld/";
    private const int Images = 40;

    // One that has every kind of plant in so few images.
    private const ulong Seed = 2;

    /// <summary>Puts the caches into the volume and returns the version of WebKit, which reports name.</summary>
    internal static PlantedFact Plan(VolumePlants volume)
    {
        var pair = SharedCachePair.Create(
            Seed, Images, new SharedCacheProportions(Changed: 0.4, Rebuilt: 0.2, Added: 0.1, Removed: 0.05) { Renamed = 0.05 }, new SharedCacheOptions { Seed = Seed }, bytesPerImage: 30_000);
        using var oldFiles = new MemoryCacheFiles();
        using var newFiles = new MemoryCacheFiles();
        var written = pair.Write(oldFiles, newFiles);
        foreach (var name in oldFiles.Files.Keys.Union(newFiles.Files.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            volume.Put(Folder + name, oldFiles.Files.GetValueOrDefault(name), newFiles.Files.GetValueOrDefault(name));
        }

        foreach (var image in written.Plants)
        {
            if (Plant(image, null) is { } plant)
            {
                volume.Plant(plant);
            }
        }

        var webKit = written.Plants.Single(static image => image.Path.EndsWith("/WebKit", StringComparison.Ordinal));
        return new PlantedFact(Section, "WebKit", null, webKit.OldVersion + ".0.0", webKit.NewVersion + ".0.0");
    }

    /// <summary>What a report must tell of an image, whose cache has a label where there are several.</summary>
    internal static Plant? Plant(PlantedImage image, string? label) => image.Kind switch
    {
        PlantKind.Identical or PlantKind.MovedOnly => null,
        PlantKind.ImageAdded => new Plant(Section, "added", label, image.Path, "image: added"),
        PlantKind.ImageRemoved => new Plant(Section, "removed", label, image.Path, "image: removed"),
        PlantKind.ImageRenamed => new Plant(Section, "moved", label, image.Path, "image: moved")
        {
            From = image.OldPath,
            Proof = "uuid",
        },
        PlantKind.RebuiltOnly => new Plant(Section, "rebuilt", label, image.Path, "image: rebuilt"),
        _ => new Plant(
            Section, "changed", label, image.Path,
            ["image: changed", .. image.AddedMethods.Count > 0 ? ["image: added method"] : Array.Empty<string>(), .. image.RemovedMethods.Count > 0 ? ["image: removed method"] : Array.Empty<string>()])
        {
            Says = [.. Says(image)],
            SaysMore = true,
        },
    };

    private static IEnumerable<string> Says(PlantedImage image) =>
    [
        .. image.Functions.Select(static function => $"{(function.OldSize == 0 ? '+' : function.NewSize == 0 ? '-' : '~')} function {function.Name}"),
        .. image.AddedStrings.Select(static text => "+ string " + text),
        .. image.RemovedStrings.Select(static text => "- string " + text),
        .. image.AddedDylibs.Select(static name => "+ dylib " + name),
        .. image.RemovedDylibs.Select(static name => "- dylib " + name),
        .. image.AddedMethods.Select(static method => $"{method.Class} + -{method.Selector}"),
        .. image.RemovedMethods.Select(static method => $"{method.Class} - -{method.Selector}"),
    ];
}
