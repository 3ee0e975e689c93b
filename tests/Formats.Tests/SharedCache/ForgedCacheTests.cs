using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Generated;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.ObjectiveC;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Formats.Tests.SharedCache;

/// <summary>Every image of forged caches yields exactly what was put into it.</summary>
public sealed class ForgedCacheTests
{
    private static readonly Dictionary<string, SharedCacheOptions> Kinds = new(StringComparer.Ordinal)
    {
        ["iOS 26, slide 5"] = new(),
        ["OS 27, types from the selectors' base"] = new() { ObjCTypeOffsets = true },
        ["iOS 16, slide 3"] = new() { HeaderSize = SharedCacheOptions.NamedSubCachesHeader, SlideVersion = 3, DynamicDataMapping = true },
        ["iOS 15, numbered"] = new() { HeaderSize = SharedCacheOptions.SubCachesHeader, SlideVersion = 3, Split = SharedCacheSplit.Numbered },
        ["iOS 14, one file"] = new() { HeaderSize = SharedCacheOptions.SlideMappingsHeader, SlideVersion = 3, Split = SharedCacheSplit.None, LocalSymbols = LocalSymbolsPlace.MainFile },
        ["iOS 9, slide 2"] = new() { Arch = MachOArch.Arm64, HeaderSize = SharedCacheOptions.ImagesTextHeader, SlideVersion = 2, Split = SharedCacheSplit.None, LocalSymbols = LocalSymbolsPlace.MainFile },
        ["iOS 7, slide 1"] = new() { Arch = MachOArch.Arm64, HeaderSize = SharedCacheOptions.UuidHeader, SlideVersion = 1, Split = SharedCacheSplit.None, LocalSymbols = LocalSymbolsPlace.MainFile },
        ["watchOS 10, slide 4"] = new() { Arch = MachOArch.Arm6432, SlideVersion = 4, Platform = 4, HeaderSize = SharedCacheOptions.DynamicDataHeader },
        ["macOS x86_64h"] = new() { Arch = MachOArch.X8664h, SlideVersion = 2, Platform = 1, Split = SharedCacheSplit.Named, LocalSymbols = LocalSymbolsPlace.Images },
        ["DriverKit"] = new() { Platform = 10, Split = SharedCacheSplit.Named, LocalSymbols = LocalSymbolsPlace.None },
        ["no slide"] = new() { SlideVersion = 0 },
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Yields_the_symbols_sections_strings_and_classes_of_every_image(string kind)
    {
        var options = Kinds[kind] with { TextPerGroup = 200_000 };
        var builder = new SharedCacheBuilder(options);
        builder.Images.AddRange(Recipes().Select(recipe => new GeneratedCacheImage(recipe)));
        var (written, files) = builder.Build();
        var cache = DyldSharedCache.Open(new MemoryByteSource(files[options.Name]), options.Name, name => files.TryGetValue(name, out var bytes) ? new MemoryByteSource(bytes) : null);
        Assert.Equal(written.Files.Select(file => file.Name), cache.Files.Select(file => file.Name));
        Assert.Equal(written.Images.Select(image => (image.Path, (Guid?)image.Uuid, image.Address)), cache.Images.Select(image => (image.Path, image.Uuid, image.Address)));
        Assert.Equal(written.SelectorBase, cache.FindSelectorBase() ?? 0);
        Assert.Empty(cache.Notes);
        foreach (var forged in builder.Images.Cast<GeneratedCacheImage>())
        {
            var truth = forged.Describe(options);
            var image = cache.Images.Single(image => image.Path == forged.Path).Open(withLocalSymbols: true);
            Assert.Equal(truth.Sections, image.Sections.Select(section => (section.SegmentName, section.Name, section.Size)));
            var locals = options.LocalSymbols == LocalSymbolsPlace.None ? [] : truth.Locals;
            Assert.Equal(truth.Externals.Concat(truth.Undefined).Concat(locals).Order(StringComparer.Ordinal), SymbolNames(image).Order(StringComparer.Ordinal));
            Assert.Equal(
                truth.Functions.Select(function => image.FindSection("__TEXT", "__text")!.Address + (ulong)function.Offset),
                image.ReadFunctionStarts()!.Starts.ToArray());
            Assert.Equal(truth.Strings, Strings(image, "__cstring"));
            Assert.Equal(truth.CFStrings, CFStrings(cache, image));
            Assert.Equal(truth.Classes.Select(type => type.Name), ClassNames(cache, image));
            if (cache.Is64Bit)
            {
                Assert.Equal(
                    truth.Classes.SelectMany(type => type.Methods.Zip(type.Types, (selector, types) => new ObjectiveCMethod(selector, types))),
                    ObjectiveCMetadata.Open(image).ReadClasses().SelectMany(type => type.InstanceMethods));
            }
        }
    }

    private static List<ImageRecipe> Recipes()
    {
        var hubs = new ImageRecipe[2];
        var recipes = new List<ImageRecipe>();
        for (var i = 0; i < 8; i++)
        {
            var recipe = new ImageRecipe
            {
                Path = $"/usr/lib/lib{i}.dylib",
                Seed = 100 + (ulong)i,
                Uuid = new Guid(i + 1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]),
                Functions = 60 + (i * 30),
                Strings = 30,
                CFStrings = 12,
                Classes = i == 0 || i % 2 == 0 ? 5 : 0,
                DataWords = 400,
                Imports = 20,
                Hubs = hubs,
            };
            if (i < hubs.Length)
            {
                hubs[i] = recipe;
            }

            recipes.Add(recipe);
        }

        return recipes;
    }

    private static List<string> SymbolNames(MachOImage image)
    {
        var names = new List<string>();
        foreach (var table in image.SymbolTables)
        {
            foreach (var symbol in table.Scan())
            {
                // What stands for a local symbol that was taken out.
                if (!symbol.Name.SequenceEqual("<redacted>"u8))
                {
                    names.Add(Encoding.UTF8.GetString(symbol.Name));
                }
            }
        }

        return names;
    }

    private static List<string> Strings(MachOImage image, string section)
    {
        var strings = new List<string>();
        foreach (var text in image.ReadCStrings(image.FindSection("__TEXT", section)!))
        {
            if (!text.Bytes.IsEmpty)
            {
                strings.Add(Encoding.UTF8.GetString(text.Bytes));
            }
        }

        return strings;
    }

    private static List<string> CFStrings(DyldSharedCache cache, MachOImage image)
    {
        var (size, pointer) = cache.Is64Bit ? (32UL, 16UL) : (16UL, 8UL);
        var strings = new List<string>();
        if (image.Sections.FirstOrDefault(section => section.Name == "__cfstring") is { } section)
        {
            for (var at = section.Address; at < section.Address + (ulong)section.Size; at += size)
            {
                strings.Add(Text(cache, Pointer(cache, at + pointer)));
            }
        }

        return strings;
    }

    // class_t → class_ro_t → name.
    private static List<string> ClassNames(DyldSharedCache cache, MachOImage image)
    {
        var width = cache.Is64Bit ? 8UL : 4UL;
        var names = new List<string>();
        if (image.Sections.FirstOrDefault(section => section.Name == "__objc_classlist") is { } section)
        {
            for (var at = section.Address; at < section.Address + (ulong)section.Size; at += width)
            {
                var data = Pointer(cache, Pointer(cache, at) + (width * 4)) & ~(width - 1);
                names.Add(Text(cache, Pointer(cache, data + (cache.Is64Bit ? 24UL : 16UL))));
            }
        }

        return names;
    }

    private static ulong Pointer(DyldSharedCache cache, ulong address)
    {
        var raw = new byte[8];
        cache.OpenAddress(address, cache.Is64Bit ? 8 : 4).ReadExactly(0, raw.AsSpan(0, cache.Is64Bit ? 8 : 4));
        return cache.DecodePointer(address, BinaryPrimitives.ReadUInt64LittleEndian(raw));
    }

    private static string Text(DyldSharedCache cache, ulong address)
    {
        var bytes = cache.OpenAddress(address, 256).ReadBytes(0, 256);
        return Encoding.UTF8.GetString(bytes, 0, Array.IndexOf(bytes, (byte)0));
    }
}
