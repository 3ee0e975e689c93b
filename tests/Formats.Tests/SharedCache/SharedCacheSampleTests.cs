using System.Globalization;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Formats.Tests.SharedCache;

public sealed class SharedCacheSampleTests
{
    [Fact]
    public void Describes_a_cache_built_by_Apple()
    {
        var cache = Open("dyld_shared_cache_arm64-macOS");
        Assert.Equal(("arm64", "857BCE1A-017E-3464-9909-D58EE21CF8DC", "macos"), (cache.Arch, cache.UuidText, cache.Platform));
        var file = Assert.Single(cache.Files);
        Assert.Equal(212992, file.Size);
        Assert.Equal(
            [(0x180000000UL, 0x18000UL, 0L), (0x182018000UL, 0x4000UL, 0x18000L), (0x18401C000UL, 0x14000UL, 0x1C000L)],
            file.Mappings.Select(m => (m.Address, m.Size, m.FileOffset)));
        Assert.Equal([0, 2, 0], file.Mappings.Select(m => m.SlideVersion));
        Assert.Equal(
            [
                "/usr/lib/liba-1.0.dylib CCBF29D4-5569-3A15-9231-4E14D41A542A 180001000 4000",
                "/usr/lib/libb-1.0.dylib 60D2F3D6-44A2-3910-8750-3A56A3D8FF07 180005000 4000",
            ],
            cache.Images.Select(Describe));
        Assert.False(cache.HasLocalSymbols);
        Assert.Empty(cache.Notes);
    }

    [Fact]
    public void Opens_the_images_of_a_cache_with_Objective_C()
    {
        var cache = Open("dyld_shared_cache_arm64-macOS-objc");
        Assert.Equal(
            [
                "/usr/lib/libSystem.B.dylib 02A9128F-27FA-3379-84F0-39D4425B2EE0 180001000 4000",
                "/usr/lib/liba-1.0.dylib 19A9B80A-FC50-359A-8AB3-F8EC0A5B28E1 180005000 4000",
                "/usr/lib/libb-1.0.dylib BF6E312D-43CA-3B9F-AE00-D4C49CD34FF7 180009000 4000",
                "/usr/lib/libc++.1.dylib C0867E3B-EA5C-334A-B2B9-9BC49F02CD9E 18000D000 4000",
                "/usr/lib/libc++abi.dylib 09DE185E-9C32-310B-8345-BB88296DBEC3 180011000 4000",
                "/usr/lib/libhello-1.0.dylib 7CCBDE17-E0B8-311B-89AE-EECC1C2B48CF 180015000 4000",
                "/usr/lib/libobjc.A.dylib C0227E25-08A5-3862-A483-8203D8E75460 180019000 38000",
                "/usr/lib/system/libdyld.dylib 4617AAD3-9668-3EB3-8CFE-FC64FF0A3E24 180051000 4000",
            ],
            cache.Images.Select(Describe));
        foreach (var image in cache.Images)
        {
            var macho = image.Open();
            Assert.Equal(image.Path, macho.InstallName);
            Assert.Equal(image.Uuid, macho.Uuid);
            Assert.Equal(macho.Symbols!.Count, DyldSharedCacheTests.Symbols(macho.Symbols).Count(symbol => symbol.Name.Length > 0));
            Assert.NotNull(macho.ReadFunctionStarts());
            Assert.All(macho.Sections, section => Assert.Equal(section.IsZeroFill ? 0 : section.Size, macho.OpenSection(section).Length));
        }
    }

    // The truth was read from the files by hand, table by table.
    [Theory]
    [InlineData(
        "dyld_shared_cache_arm64-macOS", "/usr/lib/liba-1.0.dylib",
        "_func_in_liba 180004F60, _what_is_cool 180004F9C", "180004F60, 180004F9C")]
    [InlineData("dyld_shared_cache_arm64-macOS", "/usr/lib/libb-1.0.dylib", "_func_in_libb 180008FA0", "180008FA0")]
    [InlineData(
        "dyld_shared_cache_arm64-macOS-objc", "/usr/lib/libhello-1.0.dylib",
        "_OBJC_CLASS_$_Test 182068068, _OBJC_METACLASS_$_Test 182068040, _a 182068098, _fcns 1820680A0, _hello_main 180018C98, _something_else 180018BAC",
        "1800189F8, 180018A1C, 180018A48, 180018A58, 180018AB0, 180018B0C, 180018B90, 180018BAC, 180018C74, 180018C98")]
    [InlineData("dyld_shared_cache_arm64-macOS-objc", "/usr/lib/system/libdyld.dylib", "dyld_stub_binder 180054FB4", "180054FB4")]
    public void Reads_the_symbols_and_functions_of_an_image(string name, string path, string symbols, string functions)
    {
        var macho = Open(name).Images.Single(image => image.Path == path).Open();
        Assert.Equal(symbols, string.Join(", ", DyldSharedCacheTests.Symbols(macho.Symbols!).Select(symbol => $"{symbol.Name} {Hex(symbol.Value)}")));
        Assert.Equal(functions, string.Join(", ", macho.ReadFunctionStarts()!.Starts.ToArray().Select(Hex)));
    }

    [Fact]
    public void Tells_symbol_archives_of_another_kind_from_a_cache()
    {
        // The sample is an archive of CoreSymbolication, which has the same suffix and is no file of a cache.
        var source = new MemoryByteSource(File.ReadAllBytes(Sample("D9A37B67-F10A-35AA-A852-ABFBBECC03AE.symbols")));
        Assert.False(DyldSharedCache.Matches(source));
    }

    private static string Describe(SharedCacheImage image) => $"{image.Path} {image.UuidText} {Hex(image.Address)} {Hex(image.TextSize)}";

    private static string Hex(ulong value) => value.ToString("X", CultureInfo.InvariantCulture);

    private static DyldSharedCache Open(string name) =>
        DyldSharedCache.Open(new MemoryByteSource(File.ReadAllBytes(Sample(name))), name, _ => null);

    private static string Sample(string name)
    {
        var path = SampleFiles.Find("dsc/" + name);
        Assert.SkipWhen(path is null, $"the optional sample {name} is absent");
        return path!;
    }
}
