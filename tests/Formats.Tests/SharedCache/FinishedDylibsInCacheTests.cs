using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Dylibs;
using IpswDiff.Forge.SharedCache.Pairs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Formats.Tests.SharedCache;

/// <summary>Dylibs that a linker made, read from a cache and read as files: what does not depend on addresses is the same.</summary>
public sealed class FinishedDylibsInCacheTests
{
    private static readonly string[] Linked = ["SampleKit", "libsample.1.dylib", "libsamplecode.dylib", "libsamplestable.dylib", "libsamplelegacy.dylib", "libsampletables.dylib"];

    public static TheoryData<string> Kinds => ["iOS 26 arm64e", "iOS 26 plain arm64", "iOS 15", "iOS 14", "iOS 9", "iOS 7", "not split"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Are_the_same_in_a_cache_and_in_a_file(string kind)
    {
        var builder = ExampleCaches.Builder(ExampleCaches.Kinds[kind], images: 5);
        var dylibs = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in Linked)
        {
            dylibs.Add("/usr/lib/" + name, File.ReadAllBytes(Path.Combine(SampleFiles.RepositoryRoot, "samples", "binaries", "own", "1.0", name)));
        }

        dylibs.Add("/usr/lib/libsynthetic.dylib", SyntheticMachO.Dylib("/usr/lib/libsynthetic.dylib", 5, 80_000).Build());
        builder.Images.AddRange(dylibs.Select(static dylib => new MachOCacheImage(dylib.Value, dylib.Key)));
        var (written, files) = builder.Build();
        var cache = DyldSharedCache.Open(
            new MemoryByteSource(files[written.Options.Name]), written.Options.Name, name => files.TryGetValue(name, out var bytes) ? new MemoryByteSource(bytes) : null);
        foreach (var (path, bytes) in dylibs)
        {
            var image = cache.Images.Single(image => image.Path == path);
            Compare(MachOImage.Open(new MemoryByteSource(bytes)), image.Open(), image.OpenLocalSymbols(), cache);
        }
    }

    private static void Compare(MachOImage file, MachOImage cached, SymbolTable? locals, DyldSharedCache cache)
    {
        Assert.Equal(file.Uuid, cached.Uuid);
        Assert.Equal(file.Dylibs, cached.Dylibs);
        Assert.Equal(file.SourceVersion, cached.SourceVersion);
        Assert.Equal(file.Sections.Select(static section => (section.SegmentName, section.Name, section.Size)), cached.Sections.Select(static section => (section.SegmentName, section.Name, section.Size)));
        var (starts, cachedStarts) = (file.ReadFunctionStarts()!, cached.ReadFunctionStarts()!);
        Assert.Equal(
            starts.Starts.ToArray().Select(start => start - file.Segments[0].Address),
            cachedStarts.Starts.ToArray().Select(start => start - cached.Segments[0].Address));

        // Debuggers' entries are gone; local symbols of code have no names, those of data are only in the cache's own table.
        var symbols = Symbols(file, file.Symbols!);
        var own = Symbols(cached, cached.Symbols!);
        Assert.Equal(symbols.Where(static symbol => (symbol.Type & 1) != 0), own.Where(static symbol => (symbol.Type & 1) != 0));
        var fileLocals = symbols.Where(static symbol => (symbol.Type & 0xE1) == 0).ToArray();
        Assert.Equal(fileLocals, locals is null ? own.Where(static symbol => (symbol.Type & 1) == 0) : Symbols(cached, locals));

        foreach (var (section, moved) in file.Sections.Zip(cached.Sections))
        {
            if (section.IsCode)
            {
                CompareCode(file, cached, section, moved);
            }
            else if (section.IsCString)
            {
                Assert.Equal(Bytes(file, section), Bytes(cached, moved));
            }
            else if (section.Name == "__cfstring")
            {
                CompareCFStrings(file, cached, section, moved, cache);
            }
        }
    }

    private static void CompareCode(MachOImage file, MachOImage cached, MachOSection section, MachOSection moved)
    {
        var (before, after) = (Bytes(file, section), Bytes(cached, moved));
        for (var i = 0; i + 4 <= before.Length; i += 4)
        {
            var (a, b) = (BinaryPrimitives.ReadUInt32LittleEndian(before.AsSpan(i)), BinaryPrimitives.ReadUInt32LittleEndian(after.AsSpan(i)));
            if ((a & 0x9F000000) != 0x90000000)
            {
                Assert.Equal(a, b);
                continue;
            }

            // An adrp finds the same page of the same segment.
            var (target, movedTarget) = (AdrpTarget(a, section.Address + (ulong)i), AdrpTarget(b, moved.Address + (ulong)i));
            var segment = file.Segments.SingleOrDefault(segment => segment.Name != "__LINKEDIT" && target - segment.Address < segment.Size);
            if (segment is null)
            {
                // Only the synthetic dylib has words that look like one and mean nothing.
                Assert.Equal("/usr/lib/libsynthetic.dylib", file.InstallName);
                Assert.Equal(a, b);
                continue;
            }

            Assert.Equal(target - segment.Address, movedTarget - cached.FindSegment(segment.Name)!.Address);
        }
    }

    private static ulong AdrpTarget(uint word, ulong address) =>
        (address & ~0xFFFUL) + unchecked((ulong)((((long)(int)(word << 8) >> 13 << 2) | (word >> 29 & 3)) << 12));

    private static void CompareCFStrings(MachOImage file, MachOImage cached, MachOSection section, MachOSection moved, DyldSharedCache cache)
    {
        var (before, after) = (Bytes(file, section), Bytes(cached, moved));
        for (var i = 16; i < before.Length; i += 32)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(before.AsSpan(i + 8));
            Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(after.AsSpan(i + 8)));
            var target = cache.DecodePointer(moved.Address + (ulong)i, BinaryPrimitives.ReadUInt64LittleEndian(after.AsSpan(i)));
            var text = Encoding.UTF8.GetString(cache.OpenAddress(target, length).ReadBytes(0, length));
            var original = (long)(BinaryPrimitives.ReadUInt64LittleEndian(before.AsSpan(i)) & 0xFFFFFFFF);
            Assert.Equal(Encoding.UTF8.GetString(file.OpenAddress((ulong)original, length).ReadBytes(0, length)), text);
        }
    }

    private static byte[] Bytes(MachOImage image, MachOSection section)
    {
        var source = image.OpenSection(section);
        return source.ReadBytes(0, (int)source.Length);
    }

    /// <summary>Symbols with their places in their sections.</summary>
    private static List<(string Name, byte Type, byte Section, ulong Offset)> Symbols(MachOImage image, SymbolTable table)
    {
        var symbols = new List<(string, byte, byte, ulong)>();
        foreach (var symbol in table)
        {
            var section = symbol.SectionOrdinal == 0 || (symbol.Type & 0xE0) != 0 ? 0 : image.Sections[symbol.SectionOrdinal - 1].Address;
            symbols.Add((Encoding.UTF8.GetString(symbol.Name), symbol.Type, symbol.SectionOrdinal, symbol.Value - section));
        }

        return symbols;
    }
}
