using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Generated;
using IpswDiff.Forge.SharedCache.Pairs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Formats.Tests.SharedCache;

/// <summary>The reader on caches that the Forge built: it must find exactly what is in them.</summary>
public sealed class ForgeCacheTests
{
    public static TheoryData<string> Kinds => [.. ExampleCaches.Kinds.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Finds_in_every_image_exactly_what_was_put_there(string kind)
    {
        var builder = ExampleCaches.Builder(ExampleCaches.Kinds[kind]);
        var (written, files) = builder.Build();
        var cache = Open(files, written.Options.Name);
        Assert.Equal(written.Options.Arch.Name, cache.Arch);
        Assert.Equal(written.BaseAddress, cache.BaseAddress);
        Assert.Equal(written.Files.Select(static file => (file.Name, file.Size)), cache.Files.Select(static file => (file.Name, file.Size)));
        Assert.Equal(written.SelectorBase == 0 ? null : written.SelectorBase, cache.FindSelectorBase());
        Assert.Empty(cache.Notes);
        Assert.Equal(builder.Images.Count + written.Options.Aliases.Count, cache.Images.Count);
        foreach (var made in builder.Images.Cast<GeneratedCacheImage>())
        {
            var place = written.Images.Single(place => place.Path == made.Path);
            var found = cache.Images.Single(found => found.Path == made.Path);
            Assert.Equal((place.Address, (Guid?)place.Uuid, (ulong)place.TextSize), (found.Address, found.Uuid, found.TextSize));
            Check(made, found, cache, written.Options);
        }

        Assert.All(written.Options.Aliases, alias =>
            Assert.Equal(cache.Images.Single(image => image.Path == alias.Path).Address, cache.Images.Single(image => image.Path == alias.Alias).Address));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Damaged_caches_give_errors_and_nothing_else(string kind)
    {
        var (written, files) = ExampleCaches.Builder(ExampleCaches.Kinds[kind], images: 3).Build();
        var name = written.Options.Name;
        var headers = 0;
        foreach (var damaged in Mutator.Damage(files[name], 60, 17, hot: 0x800).Concat(Mutator.Truncate(files[name], 10)))
        {
            try
            {
                var copy = new Dictionary<string, byte[]>(files) { [name] = damaged };
                ReadAll(Open(copy, name));
            }
            catch (FirmwareFormatException)
            {
                headers++;
            }
        }

        Assert.True(headers > 10, $"only {headers} damages were noticed");
    }

    private static DyldSharedCache Open(IReadOnlyDictionary<string, byte[]> files, string name) =>
        DyldSharedCache.Open(new MemoryByteSource(files[name]), name, sibling => files.TryGetValue(sibling, out var bytes) ? new MemoryByteSource(bytes) : null);

    private static void ReadAll(DyldSharedCache cache)
    {
        foreach (var image in cache.Images)
        {
            try
            {
                var opened = image.Open();
                Names(opened.Symbols);
                Names(image.OpenLocalSymbols());
                opened.ReadFunctionStarts();
                opened.CountCStrings();
            }
            catch (FirmwareFormatException)
            {
                // One image that cannot be read leaves the others.
            }
        }
    }

    private static void Check(GeneratedCacheImage made, SharedCacheImage found, DyldSharedCache cache, SharedCacheOptions options)
    {
        var truth = made.Describe(options);
        var image = found.Open();
        Assert.Equal(made.Uuid, image.Uuid);
        Assert.Equal(made.Path, image.InstallName);
        Assert.Equal(made.Recipe.SourceVersion + ".0.0", image.SourceVersion?.ToString() is { } version ? Pad(version) : null);
        Assert.Equal(truth.Sections, image.Sections.Select(static section => (section.SegmentName, section.Name, section.Size)));
        Assert.Equal(truth.Dylibs, image.Dylibs.Select(static dylib => dylib.Name));
        Assert.Equal(truth.Strings, Strings(image, "__cstring"));
        Assert.Equal(truth.Selectors, image.FindSection("__TEXT", "__objc_methname") is null ? [] : Strings(image, "__objc_methname"));

        var starts = image.ReadFunctionStarts()!;
        var ends = new ulong[starts.Count];
        starts.GetEnds(ends);
        Assert.Equal(
            truth.Functions.Select(function => (found.Address + (ulong)(truth.TextOffset + function.Offset), function.Size)),
            ends.Select((end, i) => (starts.Starts[i], (int)(end - starts.Starts[i]))));

        var locals = options.LocalSymbols switch
        {
            LocalSymbolsPlace.Images => truth.Locals,
            LocalSymbolsPlace.None => [],
            _ => truth.Functions.Where(static function => function.IsLocal).Select(static _ => "<redacted>"),
        };
        Assert.Equal(locals.Concat(truth.Externals).Concat(truth.Undefined), Names(image.Symbols).Select(static symbol => symbol.Name));
        var moved = options.LocalSymbols is LocalSymbolsPlace.MainFile or LocalSymbolsPlace.SymbolsFile;
        Assert.Equal(moved, cache.HasLocalSymbols);
        Assert.Equal(moved ? truth.Locals : [], Names(found.OpenLocalSymbols()).Select(static symbol => symbol.Name));

        var addresses = truth.Functions.ToDictionary(static function => function.Name, function => found.Address + (ulong)(truth.TextOffset + function.Offset), StringComparer.Ordinal);
        Assert.All(
            Names(found.OpenLocalSymbols()).Concat(Names(image.Symbols)).Where(symbol => addresses.ContainsKey(symbol.Name) && symbol.Section == 1),
            symbol => Assert.Equal(addresses[symbol.Name], symbol.Value));
        CheckCFStrings(truth, image, cache);
    }

    private static void CheckCFStrings(GeneratedImageTruth truth, MachOImage image, DyldSharedCache cache)
    {
        var section = image.Sections.SingleOrDefault(static section => section.Name == "__cfstring");
        Assert.Equal(truth.CFStrings.Count > 0, section is not null);
        var word = cache.Is64Bit ? 8 : 4;
        for (var i = 0; i < truth.CFStrings.Count; i++)
        {
            var at = section!.Address + (ulong)((i * 4 + 2) * word);
            var bytes = cache.OpenAddress(at, 2 * word).ReadBytes(0, 2 * word);
            var target = cache.DecodePointer(at, word == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(word));
            Assert.Equal(truth.CFStrings[i], Encoding.UTF8.GetString(cache.OpenAddress(target, length).ReadBytes(0, length)));
        }
    }

    private static List<string> Strings(MachOImage image, string name)
    {
        var strings = new List<string>();
        foreach (var text in image.ReadCStrings(image.FindSection("__TEXT", name)!))
        {
            strings.Add(Encoding.UTF8.GetString(text.Bytes));
        }

        return strings;
    }

    private static List<(string Name, byte Section, ulong Value)> Names(SymbolTable? table)
    {
        var names = new List<(string, byte, ulong)>();
        if (table is not null)
        {
            foreach (var symbol in table)
            {
                names.Add((Encoding.UTF8.GetString(symbol.Name), symbol.SectionOrdinal, symbol.Value));
            }
        }

        return names;
    }

    private static string Pad(string version) => string.Join('.', version.Split('.').Concat(["0", "0", "0", "0"]).Take(5));
}
