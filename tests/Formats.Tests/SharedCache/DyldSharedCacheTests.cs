using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Formats.Tests.SharedCache;

public sealed class DyldSharedCacheTests
{
    public static TheoryData<CacheGeneration, string> Generations()
    {
        var data = new TheoryData<CacheGeneration, string>();
        foreach (var generation in Enum.GetValues<CacheGeneration>())
        {
            data.Add(generation, "arm64e");
            data.Add(generation, "arm64_32");
        }

        data.Add(CacheGeneration.Named, "x86_64h");
        return data;
    }

    [Theory]
    [MemberData(nameof(Generations))]
    public void Describes_a_cache_of_every_generation(CacheGeneration generation, string arch)
    {
        var fixture = new CacheFixture(generation, arch);
        var cache = fixture.Open();
        Assert.Equal(arch, cache.Arch);
        Assert.Equal(arch != "arm64_32", cache.Is64Bit);
        Assert.Equal(CacheFixture.Uuid(0), cache.Uuid);
        Assert.Equal(fixture.Base, cache.BaseAddress);
        Assert.Equal(generation >= CacheGeneration.WithSlides ? "ios" : null, cache.Platform);
        Assert.Equal(generation == CacheGeneration.Named ? "26.0.1" : null, cache.OsVersion?.ToString());
        Assert.Equal(generation == CacheGeneration.Named ? [(fixture.DataAddress, 0x400UL)] : [], cache.TproRanges);
        Assert.Empty(cache.Notes);
        Assert.Equal(fixture.Images.Select(i => (i.Path, (Guid?)i.Uuid, i.Address, CacheFixture.TextSize)), cache.Images.Select(i => (i.Path, i.Uuid, i.Address, i.TextSize)));

        string[] names = fixture.IsSplit
            ? [CacheFixture.Name, fixture.FileName(1), fixture.FileName(2), CacheFixture.Name + ".symbols"]
            : [CacheFixture.Name];
        Assert.Equal(names, cache.Files.Select(file => file.Name));
        Assert.Equal(names.Select(name => (long)fixture.Files[name].Length), cache.Files.Select(file => file.Size));
        Assert.Equal(names.Select((_, i) => CacheFixture.Uuid(i)), cache.Files.Select(file => file.Uuid));
    }

    [Theory]
    [MemberData(nameof(Generations))]
    public void Describes_the_mappings_of_all_files(CacheGeneration generation, string arch)
    {
        var fixture = new CacheFixture(generation, arch);
        var mappings = fixture.Open().Files.SelectMany(file => file.Mappings).ToList();
        Assert.Equal([fixture.Base, fixture.DataAddress, fixture.LinkeditAddress], mappings.Select(mapping => mapping.Address));
        var hasFlags = generation >= CacheGeneration.WithSlides;
        Assert.Equal(hasFlags ? SharedCacheMappingFlags.AuthData | SharedCacheMappingFlags.DirtyData : SharedCacheMappingFlags.None, mappings[1].Flags);
        Assert.Equal(hasFlags ? [0, 0, 5] : [0, 5, 0], mappings.Select(mapping => mapping.SlideVersion));
    }

    [Theory]
    [MemberData(nameof(Generations))]
    public void Opens_every_image_with_its_own_symbols_only(CacheGeneration generation, string arch)
    {
        var fixture = new CacheFixture(generation, arch, images: 9);
        var cache = fixture.Open();
        foreach (var (truth, image) in fixture.Images.Zip(cache.Images))
        {
            var macho = image.Open();
            Assert.Equal(truth.Path, macho.InstallName);
            Assert.Equal(truth.Uuid, macho.Uuid);
            Assert.Equal(arch, macho.Arch);
            Assert.Equal([(truth.ExportName, SymbolKind.External, truth.Export), ("_imported", SymbolKind.Undefined, 0)], Symbols(macho.Symbols!));
            Assert.Equal([(truth.LocalName, SymbolKind.Local, truth.Local)], Symbols(image.OpenLocalSymbols()!));

            var text = macho.OpenSection(macho.FindSection("__TEXT", "__text")!);
            Assert.Equal(truth.Path, Encoding.ASCII.GetString(text.ReadBytes(0, truth.Path.Length)));
            Assert.Equal([truth.Address + 0x800, truth.Address + 0x804], macho.ReadFunctionStarts()!.Starts.ToArray());
        }
    }

    [Fact]
    public void Opens_addresses_in_whatever_file_fills_them()
    {
        var fixture = new CacheFixture(CacheGeneration.Named);
        var cache = fixture.Open();
        Assert.Equal("data of the cache"u8.ToArray(), cache.OpenAddress(fixture.DataAddress, 17).ReadBytes(0, 17));
        Assert.Equal(fixture.FileName(1), cache.FindAddress(fixture.DataAddress)?.File.Name);
        Assert.Null(cache.FindAddress(fixture.DataAddress - 1));
        Assert.Throws<FirmwareFormatException>(() => cache.OpenAddress(fixture.DataAddress, 0x1001));
        Assert.Throws<FirmwareFormatException>(() => cache.OpenAddress(fixture.DataAddress - 1, 1));
        Assert.Throws<FirmwareFormatException>(() => cache.OpenAddress(fixture.DataAddress, -1));
    }

    [Theory]
    [InlineData(CacheGeneration.Numbered)]
    [InlineData(CacheGeneration.Named)]
    public void Refuses_a_cache_with_a_part_missing_or_of_another_cache(CacheGeneration generation)
    {
        var fixture = new CacheFixture(generation);
        var part = fixture.FileName(1);
        var bytes = fixture.Files[part];
        fixture.Files.Remove(part);
        AssertFault($"{part} is missing", fixture);

        fixture.Files[part] = fixture.Files[fixture.FileName(2)];
        AssertFault("belongs to another cache", fixture);

        "arm64 "u8.CopyTo(bytes.AsSpan(9));
        fixture.Files[part] = bytes;
        AssertFault("is for", fixture);
    }

    [Fact]
    public void Reads_a_cache_whose_symbol_file_is_missing_or_wrong_and_says_what_that_costs()
    {
        var fixture = new CacheFixture(CacheGeneration.Named);
        var name = CacheFixture.Name + ".symbols";
        foreach (var bytes in new[] { null, fixture.Files[fixture.FileName(1)], fixture.Files[name][..0x100], "no cache at all"u8.ToArray() })
        {
            fixture.Files.Remove(name);
            if (bytes is not null)
            {
                fixture.Files[name] = bytes;
            }

            var cache = fixture.Open();
            Assert.Contains(name, Assert.Single(cache.Notes), StringComparison.Ordinal);
            Assert.False(cache.HasLocalSymbols);
            Assert.Null(cache.Images[0].OpenLocalSymbols());
            Assert.NotNull(cache.Images[0].Open().Symbols);
        }
    }

    [Fact]
    public void Refuses_a_part_of_a_split_cache_as_a_cache()
    {
        var fixture = new CacheFixture(CacheGeneration.Named);
        var fault = Assert.Throws<FirmwareFormatException>(() =>
            DyldSharedCache.Open(new MemoryByteSource(fixture.Files[fixture.FileName(1)]), fixture.FileName(1), _ => null));
        Assert.Contains("open the main file", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_suffix_that_leads_elsewhere()
    {
        var fixture = new CacheFixture(CacheGeneration.Named);
        var main = fixture.Files[CacheFixture.Name];
        var at = main.AsSpan().IndexOf(".01.dylddata"u8);
        "/../../x"u8.CopyTo(main.AsSpan(at));
        AssertFault("no part of a file name", fixture);
    }

    [Fact]
    public void Refuses_mappings_that_overlap_or_leave_their_file()
    {
        var fixture = new CacheFixture(CacheGeneration.Named);
        var part = fixture.Files[fixture.FileName(1)];
        var mapping = BinaryPrimitives.ReadInt32LittleEndian(part.AsSpan(0x138));
        BinaryPrimitives.WriteUInt64LittleEndian(part.AsSpan(mapping), fixture.Base + 0x100);
        AssertFault("overlap", fixture);

        BinaryPrimitives.WriteUInt64LittleEndian(part.AsSpan(mapping), fixture.DataAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(part.AsSpan(mapping + 8), 0x1001);
        AssertFault("leaves the file", fixture);
    }

    [Fact]
    public void Passes_over_memory_that_only_a_running_system_has()
    {
        var fixture = new CacheFixture(CacheGeneration.Named);
        var part = fixture.Files[fixture.FileName(1)];
        var mapping = BinaryPrimitives.ReadInt32LittleEndian(part.AsSpan(0x138));
        BinaryPrimitives.WriteUInt64LittleEndian(part.AsSpan(mapping + 8), 0x100000);
        BinaryPrimitives.WriteUInt64LittleEndian(part.AsSpan(mapping + 40), (ulong)SharedCacheMappingFlags.DynamicConfigData);
        var cache = fixture.Open();
        Assert.Equal(0x100000UL, cache.Files[1].Mappings[0].Size);
        Assert.Throws<FirmwareFormatException>(() => cache.OpenAddress(fixture.DataAddress, 1));
    }

    [Fact]
    public void Lists_an_image_that_cannot_be_read()
    {
        var fixture = new CacheFixture(CacheGeneration.First);
        var main = fixture.Files[CacheFixture.Name];
        var table = BinaryPrimitives.ReadInt32LittleEndian(main.AsSpan(0x18));
        BinaryPrimitives.WriteUInt64LittleEndian(main.AsSpan(table), 0x7000);
        var cache = fixture.Open();
        Assert.Null(cache.Images[0].Uuid);
        var fault = Assert.Throws<FirmwareFormatException>(() => cache.Images[0].Open());
        Assert.Equal(fixture.Images[0].Path, fault.File);
        Assert.Equal(fixture.Images[1].Uuid, cache.Images[1].Open().Uuid);
    }

    [Fact]
    public void Leaves_what_is_no_cache_to_others()
    {
        Assert.False(DyldSharedCache.TryOpen(new MemoryByteSource(new byte[4096]), "x", _ => null, out _));
        Assert.False(DyldSharedCache.TryOpen(new MemoryByteSource(new byte[3]), "x", _ => null, out _));
        Assert.Throws<FirmwareFormatException>(() => DyldSharedCache.Open(new MemoryByteSource(new byte[4096]), "x", _ => null));
    }

    internal static List<(string Name, SymbolKind Kind, ulong Value)> Symbols(SymbolTable table)
    {
        var symbols = new List<(string, SymbolKind, ulong)>();
        foreach (var symbol in table)
        {
            symbols.Add((Encoding.UTF8.GetString(symbol.Name), symbol.Kind, symbol.Value));
        }

        return symbols;
    }

    private static void AssertFault(string reason, CacheFixture fixture)
    {
        var fault = Assert.Throws<FirmwareFormatException>(fixture.Open);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }
}
