using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Diffing.Inputs;

/// <content>Shared caches: on a volume, in a folder, or named on their own.</content>
public sealed partial class FirmwareInput
{
    private OpenedOnce<IReadOnlyList<InputCache>>? _caches;

    /// <summary>The volumes on which shared caches lie.</summary>
    public IEnumerable<InputVolume> CacheVolumes => (FindVolume("SystemOS") ?? FindVolume("FileSystem")) is { } volume ? [volume] : Volumes;

    /// <summary>The dyld shared caches, each under a label of its own.</summary>
    /// <exception cref="FirmwareFormatException">The volume that they lie on cannot be read.</exception>
    public IReadOnlyList<InputCache> FindCaches()
    {
        lock (_gate)
        {
            _caches ??= new OpenedOnce<IReadOnlyList<InputCache>>(
                () => [.. CacheVolumes.SelectMany(CacheFolder.OfVolume).DistinctBy(cache => cache.Label, StringComparer.Ordinal)]);
        }

        return _caches.Get();
    }

    private static FirmwareInput OpenCache(string path, ByteSource file)
    {
        var input = new FirmwareInput(new FirmwareInfo(path, "dyld_shared_cache", null, null, []));
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        ByteSource? Sibling(string name)
        {
            if (file is not FileByteSource)
            {
                return null;
            }

            var other = Path.Combine(folder, name);
            return File.Exists(other) ? input.Own(new FileByteSource(other)) : null;
        }

        var name = Path.GetFileName(path);
        input.SetCaches([new InputCache(name, folder, () => DyldSharedCache.Open(file, name, Sibling))]);
        return input;
    }

    private static FirmwareInput? TryOpenCacheFolder(string path)
    {
        var input = new FirmwareInput(new FirmwareInfo(path, "folder", null, null, []));
        var caches = CacheFolder.OfFolder(path, file => input.Own(file));
        input.SetCaches(caches);
        return caches.Count == 0 ? null : input;
    }

    private void SetCaches(IReadOnlyList<InputCache> caches) => _caches = new OpenedOnce<IReadOnlyList<InputCache>>(() => caches);

    private T Own<T>(T opened)
        where T : IDisposable
    {
        lock (_gate)
        {
            _owned.Insert(0, opened);
        }

        return opened;
    }
}
