using IpswDiff.Forge.AllKinds;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.Forge.Universal;

/// <summary>The shared caches of a Mac: the system's, that of its exclaves, and that of Intel's processors.</summary>
internal sealed class UniversalCaches
{
    private const string Section = "SharedCache";
    private const string Folder = "/System/Library/dyld/";
    private const string ExclaveFolder = "/System/ExclaveKit/System/Library/dyld/";
    private const int Images = 12;

    private static readonly SharedCacheOptions Mac = new() { Platform = 1, OsVersion = "26.6" };
    private static readonly SharedCacheOptions Intel = Mac with { Arch = MachOArch.X8664, SlideVersion = 2 };

    private readonly Cache _system = new(1, Mac, Successor(Mac), "dyld_shared_cache_arm64e_x1");
    private readonly Cache _exclave = new(2, Mac, Successor(Mac), "ExclaveKit/dyld_shared_cache_arm64e_x1");

    private readonly Cache _intel =
        new(3, Intel, Intel with { OsVersion = "27.0", Seed = 2 }, "dyld_shared_cache_x86_64");

    /// <summary>Every image that differs, by the cache it is in now.</summary>
    internal IEnumerable<Plant> Plants => [.. _system.Plants, .. _exclave.Plants, .. _intel.Plants];

    /// <summary>The caches that stay on the system's image.</summary>
    internal void PutSystem(VolumePlants volume)
    {
        Put(volume, Folder, _system.Old, _system.New);
        Put(volume, ExclaveFolder, _exclave.Old, _exclave.New);
    }

    /// <summary>The cache that leaves a volume for another, or for one that is written elsewhere.</summary>
    internal void PutIntel(VolumePlants from, VolumePlants? to)
    {
        Put(from, Folder, _intel.Old, []);
        if (to is not null)
        {
            Put(to, Folder, [], _intel.New);
        }
    }

    private static void Put(
        VolumePlants volume, string folder, Dictionary<string, byte[]> old, Dictionary<string, byte[]> @new)
    {
        foreach (var name in old.Keys.Union(@new.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            volume.Put(folder + name, old.GetValueOrDefault(name), @new.GetValueOrDefault(name));
        }
    }

    private static SharedCacheOptions Successor(SharedCacheOptions old) => old with
    {
        Arch = MachOArch.Arm64EX1,
        HeaderSize = SharedCacheOptions.ArchitectureHeader,
        OsVersion = "27.0",
        ObjCTypeOffsets = true,
        Seed = old.Seed + 1,
    };

    private sealed class Cache
    {
        internal Cache(ulong seed, SharedCacheOptions old, SharedCacheOptions @new, string label)
        {
            var proportions = new SharedCacheProportions(Changed: 0.4, Rebuilt: 0.2, Added: 0.1, Removed: 0.1);
            var pair = SharedCachePair.Create(seed, Images, proportions, old, bytesPerImage: 20_000, newOptions: @new);
            using var oldFiles = new MemoryCacheFiles();
            using var newFiles = new MemoryCacheFiles();
            var written = pair.Write(oldFiles, newFiles);
            Plants = [.. written.Plants.Select(image => CachePlants.Plant(image, label)).OfType<Plant>()];
            (Old, New) = (Contents(oldFiles), Contents(newFiles));
        }

        internal IReadOnlyList<Plant> Plants { get; }

        internal Dictionary<string, byte[]> Old { get; }

        internal Dictionary<string, byte[]> New { get; }

        private static Dictionary<string, byte[]> Contents(MemoryCacheFiles files) =>
            files.Files.ToDictionary(file => file.Key, file => file.Value.ToArray(), StringComparer.Ordinal);
    }
}
