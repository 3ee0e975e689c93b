using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>Shared caches in a folder, or named on their own.</summary>
internal static class CacheOpener
{
    public static FirmwareInput Open(OpeningContext opening, ByteSource file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(opening.Path))!;
        var name = opening.FileName;
        return new FirmwareInput(opening.Describe(InputKinds.SharedCache), opening.Owned)
        {
            LooseCaches = [new InputCache(name, folder, () => DyldSharedCache.Open(file, name, Sibling))],
        };

        ByteSource? Sibling(string sibling)
        {
            if (file is not FileByteSource)
            {
                return null;
            }

            var other = Path.Combine(folder, sibling);
            return File.Exists(other) ? opening.Owned.Add(new FileByteSource(other)) : null;
        }
    }

    /// <summary>The caches of a folder; null where it has none.</summary>
    public static FirmwareInput? TryOpenFolder(OpeningContext opening)
    {
        var caches = CacheFolder.OfFolder(opening.Path, file => opening.Owned.Add(file));
        return caches.Count == 0 ? null : new(opening.Describe(InputKinds.Folder), opening.Owned) { LooseCaches = caches };
    }
}
