using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Diffing.Inputs;

/// <content>Shared caches in a folder, or named on their own.</content>
public sealed partial class FirmwareInput
{
    /// <summary>The dyld shared caches that lie on no volume: one that was named, or those of a folder. Each has a label of its own.</summary>
    public IReadOnlyList<InputCache> LooseCaches { get; private set; } = [];

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
        input.LooseCaches = [new InputCache(name, folder, () => DyldSharedCache.Open(file, name, Sibling))];
        return input;
    }

    private static FirmwareInput? TryOpenCacheFolder(string path)
    {
        var input = new FirmwareInput(new FirmwareInfo(path, "folder", null, null, []));
        var caches = CacheFolder.OfFolder(path, file => input.Own(file));
        input.LooseCaches = caches;
        return caches.Count == 0 ? null : input;
    }

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
