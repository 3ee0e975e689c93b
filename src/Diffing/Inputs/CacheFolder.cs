using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Diffing.Inputs;

/// <summary>Finds the shared caches in the folders that hold them, on a volume or on this machine.</summary>
internal static class CacheFolder
{
    private const string Kits = "System";
    private const string Library = "System/Library/dyld";

    // Since the system lies in a cryptex, and before that (dyld_cache_format.h, *_DYLD_SHARED_CACHE_DIR).
    private static readonly string[] Folders = [Library, "System/Library/Caches/com.apple.dyld"];

    /// <summary>The caches of a volume.</summary>
    /// <exception cref="FirmwareFormatException">The volume cannot be read.</exception>
    public static IEnumerable<InputCache> OfVolume(InputVolume input)
    {
        var volume = input.Open();
        foreach (var (kit, folder) in FoldersOf(KitsOf(volume)))
        {
            var root = "/" + folder;
            var depth = root.Length + 1;
            var files = volume.Walk(root)
                .Where(entry => entry.Kind == FileKind.File && entry.Path.Length > depth && !entry.Path.AsSpan(depth).Contains('/'))
                .Select(entry => entry.Path[depth..]).ToArray();
            ByteSource? Open(string name) => volume.Find($"{root}/{name}") is { Kind: FileKind.File } entry
                ? SparseByteSource.Bound(volume.Open(entry))
                : null;
            foreach (var cache in Caches(kit, files, $"{input.Label}:{root}", Open))
            {
                yield return cache;
            }
        }
    }

    /// <summary>
    /// The caches of a folder that holds their files, or the folders of a system volume in which they lie.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="owned">Takes what has to be closed in the end.</param>
    public static IReadOnlyList<InputCache> OfFolder(string path, Action<IDisposable> owned)
    {
        var caches = new List<InputCache>();
        var system = Path.Combine(path, Kits);
        var kits = Directory.Exists(system) ? Directory.EnumerateDirectories(system).Select(folder => Path.GetFileName(folder)) : [];
        foreach (var (kit, folder) in FoldersOf(kits).Prepend((null, string.Empty)))
        {
            var root = Path.Combine(path, folder);
            if (!Directory.Exists(root))
            {
                continue;
            }

            ByteSource? Open(string name)
            {
                var file = Path.Combine(root, name);
                if (!File.Exists(file))
                {
                    return null;
                }

                var source = new FileByteSource(file);
                owned(source);
                return source;
            }

            caches.AddRange(Caches(kit, [.. Directory.EnumerateFiles(root).Select(file => Path.GetFileName(file))], root, Open));
        }

        return [.. caches.DistinctBy(cache => cache.Label, StringComparer.Ordinal)];
    }

    // The system's own caches, and those of what is a system of its own below it: DriverKit, ExclaveKit, and whatever
    // comes.
    private static IEnumerable<(string? Kit, string Folder)> FoldersOf(IEnumerable<string> kits) => Folders
        .Select(folder => ((string?)null, folder))
        .Concat(kits.Order(StringComparer.Ordinal).Select(kit => ((string?)kit, $"{Kits}/{kit}/{Library}")));

    // Folder by folder, without walking what is in them: behind all that a folder may hold, the next one begins.
    private static IEnumerable<string> KitsOf(FileSystemVolume volume)
    {
        const string Root = "/" + Kits + "/";
        for (var at = Root; volume.WalkRange(at, null).FirstOrDefault() is { } entry && entry.Path.StartsWith(Root, StringComparison.Ordinal);)
        {
            var end = entry.Path.IndexOf('/', Root.Length);
            var name = end < 0 ? entry.Path[Root.Length..] : entry.Path[Root.Length..end];
            yield return name;
            at = $"{Root}{name}/\U0010FFFF";
        }
    }

    private static IEnumerable<InputCache> Caches(string? kit, IReadOnlyList<string> files, string place, Func<string, ByteSource?> open)
    {
        var stems = files.Select(MainFileOf).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        foreach (var name in stems)
        {
            var label = kit is null ? name : $"{kit}/{name}";
            yield return new InputCache(label, place, () => DyldSharedCache.Open(
                open(name) ?? throw new FirmwareFormatException("dyld shared cache", -1, "the main file is missing, although other files of the cache are there").In(name),
                name,
                open));
        }
    }

    /// <summary>
    /// The name of the main file of the cache that a file belongs to: <c>dyld_shared_cache_arm64e</c> for itself and
    /// for its parts <c>.01</c>, <c>.symbols</c> and so on; null for a file of no cache. Caches for development are
    /// caches of their own.
    /// </summary>
    private static string? MainFileOf(string file)
    {
        const string Development = ".development";
        if (!file.StartsWith("dyld_shared_cache_", StringComparison.Ordinal) && !file.StartsWith("dyld_sim_shared_cache_", StringComparison.Ordinal))
        {
            return null;
        }

        var dot = file.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            return file;
        }

        // Lists of the contents for people lie beside caches and may be all there is.
        if (file.EndsWith(".map", StringComparison.Ordinal) || file.EndsWith(".atlas", StringComparison.Ordinal))
        {
            return null;
        }

        var rest = file.AsSpan(dot);
        return rest.SequenceEqual(Development) || rest.StartsWith(Development + ".", StringComparison.Ordinal) ? file[..(dot + Development.Length)] : file[..dot];
    }
}
