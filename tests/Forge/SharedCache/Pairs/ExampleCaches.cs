using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache.Generated;

namespace IpswDiff.Forge.SharedCache.Pairs;

/// <summary>Small caches of every kind, for tests of writers and readers.</summary>
public static class ExampleCaches
{
    /// <summary>Kinds of caches by the system that had them.</summary>
    public static IReadOnlyDictionary<string, SharedCacheOptions> Kinds { get; } = new Dictionary<string, SharedCacheOptions>(StringComparer.Ordinal)
    {
        ["iOS 26 arm64e"] = new(),
        ["macOS 27"] = new() { Arch = MachOArch.Arm64EX1, HeaderSize = SharedCacheOptions.ArchitectureHeader, Platform = 1, ObjCTypeOffsets = true },
        ["iOS 26 plain arm64"] = new() { Arch = MachOArch.Arm64, SlideVersion = 2, SortImagesByPath = true },
        ["macOS x86_64h"] = new() { Arch = MachOArch.X8664h, SlideVersion = 2, Platform = 1, Split = SharedCacheSplit.Named, LocalSymbols = LocalSymbolsPlace.Images },
        ["DriverKit arm64e"] = new() { Platform = 10, Split = SharedCacheSplit.Named, LocalSymbols = LocalSymbolsPlace.None },
        ["iOS 18"] = new() { HeaderSize = SharedCacheOptions.TproHeader, Gap = 0x2000000 },
        ["iOS 16"] = new() { HeaderSize = SharedCacheOptions.NamedSubCachesHeader, SlideVersion = 3, DynamicDataMapping = true },
        ["iOS 15"] = new() { HeaderSize = SharedCacheOptions.SubCachesHeader, SlideVersion = 3, Split = SharedCacheSplit.Numbered },
        ["watchOS 10"] = new() { Arch = MachOArch.Arm6432, SlideVersion = 4, Platform = 4, HeaderSize = SharedCacheOptions.DynamicDataHeader },
        ["watchOS 5"] = new() { Arch = MachOArch.Arm6432, SlideVersion = 2, Platform = 4, HeaderSize = SharedCacheOptions.PlatformHeader, Split = SharedCacheSplit.None, LocalSymbols = LocalSymbolsPlace.MainFile },
        ["iOS 14"] = Old(SharedCacheOptions.SlideMappingsHeader, 3),
        ["macOS 11"] = Old(SharedCacheOptions.SlideMappingsHeader, 2) with { Arch = MachOArch.Arm64, Platform = 1, LocalSymbols = LocalSymbolsPlace.Images },
        ["iOS 13"] = Old(SharedCacheOptions.PlatformHeader, 3),
        ["iOS 9"] = Old(SharedCacheOptions.ImagesTextHeader, 2) with { Arch = MachOArch.Arm64 },
        ["iOS 7"] = Old(SharedCacheOptions.UuidHeader, 1) with { Arch = MachOArch.Arm64, Aliases = [("/usr/lib/libAlias.dylib", "/usr/lib/libHub0.dylib")] },
        ["OS X"] = Old(SharedCacheOptions.LocalSymbolsHeader, 1) with { Arch = MachOArch.X8664, Platform = 1 },
        ["first"] = Old(SharedCacheOptions.FirstHeader, 0) with { Arch = MachOArch.Arm64, LocalSymbols = LocalSymbolsPlace.Images },
        ["not split"] = new() { Split = SharedCacheSplit.None },
    };

    /// <summary>Recipes that differ in what they have: classes or none, few or many imports, data, zero fill.</summary>
    public static IReadOnlyList<ImageRecipe> Recipes(int count, ulong seed = 7)
    {
        var hubs = new ImageRecipe[Math.Min(3, count)];
        var recipes = new List<ImageRecipe>();
        for (var i = 0; i < count; i++)
        {
            var random = new ForgeRandom(seed + (ulong)i);
            var recipe = new ImageRecipe
            {
                Path = i < hubs.Length ? $"/usr/lib/libHub{i}.dylib" : $"/System/Library/Frameworks/Kit{i}.framework/Kit{i}",
                Seed = random.NextUInt64(),
                Uuid = NextUuid(random),
                SourceVersion = $"{10 + i}.2.3",
                Functions = 40 + random.Next(200),
                Strings = 30 + random.Next(50),
                CFStrings = random.Next(20),
                Classes = i % 3 == 1 ? 0 : 1 + random.Next(8),
                DataSymbols = 6,
                DataWords = 100 + random.Next(1500),
                ConstPointers = 10 + random.Next(600),
                ZeroFill = random.Next(3) * 1000,
                Imports = random.Next(60),
                Hubs = hubs,
                Dylibs = ["/usr/lib/libObjC.dylib"],
            };
            if (i < hubs.Length)
            {
                hubs[i] = recipe;
            }

            recipes.Add(recipe);
        }

        return recipes;
    }

    /// <summary>A cache of generated images, small enough for many files.</summary>
    public static SharedCacheBuilder Builder(SharedCacheOptions options, int images = 12)
    {
        var builder = new SharedCacheBuilder(options with { TextPerGroup = 250_000 });
        builder.Images.AddRange(Recipes(images).Select(static recipe => new GeneratedCacheImage(recipe)));
        return builder;
    }

    private static Guid NextUuid(ForgeRandom random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.Fill(bytes);
        return new Guid(bytes);
    }

    private static SharedCacheOptions Old(int headerSize, int slideVersion) => new()
    {
        HeaderSize = headerSize,
        SlideVersion = slideVersion,
        Split = SharedCacheSplit.None,
        LocalSymbols = LocalSymbolsPlace.MainFile,
    };
}
