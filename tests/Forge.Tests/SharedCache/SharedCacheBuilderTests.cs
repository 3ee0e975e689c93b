using System.Buffers.Binary;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Generated;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.Forge.Tests.SharedCache;

/// <summary>Every kind of cache, read again by the header's facts alone.</summary>
public class SharedCacheBuilderTests
{
    public static TheoryData<string> Kinds => [.. ExampleCaches.Kinds.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Writes_caches_whose_every_image_has_what_its_recipe_says(string kind)
    {
        var builder = ExampleCaches.Builder(ExampleCaches.Kinds[kind]);
        var (written, files) = builder.Build();
        var cache = new CacheChecker(files, written.Options.Name);
        Assert.Equal(written.Options.Arch.Name, cache.Arch);
        Assert.Equal(builder.Images.Count, cache.Images.Count);
        Assert.Equal(builder.Images.Count + written.Options.Aliases.Count, cache.ImageEntries);
        foreach (var image in builder.Images.Cast<GeneratedCacheImage>())
        {
            var found = cache.Images.Single(found => found.Path == image.Path);
            var place = written.Images.Single(place => place.Path == image.Path);
            Assert.Equal(place.Address, found.Address);
            Check(image.Describe(written.Options), image, found, cache, written);
        }
    }

    [Fact]
    public void Names_files_as_each_generation_does()
    {
        Assert.Equal(
            ["dyld_shared_cache_arm64e", "dyld_shared_cache_arm64e.01.dylddata", "dyld_shared_cache_arm64e.02.dyldlinkedit", "dyld_shared_cache_arm64e.03"],
            Names("iOS 26 arm64e")[..4]);
        Assert.Equal("dyld_shared_cache_arm64e.symbols", Names("iOS 26 arm64e")[^1]);
        Assert.Equal(["dyld_shared_cache_arm64e", "dyld_shared_cache_arm64e.1", "dyld_shared_cache_arm64e.2"], Names("iOS 15")[..3]);
        Assert.Equal(["dyld_shared_cache_x86_64h", "dyld_shared_cache_x86_64h.01", "dyld_shared_cache_x86_64h.02"], Names("macOS x86_64h")[..3]);
        Assert.Equal(["dyld_shared_cache_arm64e"], Names("iOS 14"));
        Assert.Equal("/System/DriverKit/System/Library/dyld", ExampleCaches.Kinds["DriverKit arm64e"].Folder);

        static string[] Names(string kind) => [.. ExampleCaches.Builder(ExampleCaches.Kinds[kind]).Build().Cache.Files.Select(static file => file.Name)];
    }

    [Fact]
    public void Writes_the_same_bytes_again_in_memory_and_in_a_folder()
    {
        var (_, first) = ExampleCaches.Builder(new SharedCacheOptions()).Build();
        var folder = Directory.CreateTempSubdirectory("forgedsc");
        try
        {
            using (var files = new FolderCacheFiles(folder.FullName))
            {
                ExampleCaches.Builder(new SharedCacheOptions()).Write(files);
            }

            Assert.Equal(first.Count, folder.GetFiles().Length);
            foreach (var (name, bytes) in first)
            {
                Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(folder.FullName, name)));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Changes_only_references_when_neighbours_move()
    {
        var (before, oldFiles) = ExampleCaches.Builder(new SharedCacheOptions()).Build();
        var (after, newFiles) = ExampleCaches.Builder(new SharedCacheOptions { LeadingPad = 0x5000 }).Build();
        var oldCache = new CacheChecker(oldFiles, before.Options.Name);
        var newCache = new CacheChecker(newFiles, after.Options.Name);
        var changed = 0;
        foreach (var image in oldCache.Images)
        {
            var moved = newCache.Images.Single(moved => moved.Path == image.Path);
            Assert.NotEqual(image.Address, moved.Address);
            Assert.Equal(image.Uuid, moved.Uuid);
            Assert.Equal(image.Sections.Select(static section => section.Size), moved.Sections.Select(static section => section.Size));
            foreach (var name in new[] { "__cstring", "__const" })
            {
                var index = image.Sections.FindIndex(section => section.Name == name && section.Segment == "__TEXT");
                Assert.True(oldCache.Memory(image.Sections[index].Address, image.Sections[index].Size).SequenceEqual(newCache.Memory(moved.Sections[index].Address, moved.Sections[index].Size)));
            }

            changed += CompareCode(image.Section("__text"), moved.Section("__text"));
        }

        Assert.True(changed > 500, $"only {changed} words of code changed");
    }

    [Theory]
    [InlineData("iOS 26 arm64e")]
    [InlineData("iOS 15")]
    [InlineData("watchOS 10")]
    [InlineData("macOS x86_64h")]
    public void Writes_images_that_LLVM_reads(string kind)
    {
        var (objdump, nm) = (Witnesses.ObjDump.Required(), Witnesses.Nm.Required());
        var builder = ExampleCaches.Builder(ExampleCaches.Kinds[kind], images: 4);
        var (written, files) = builder.Build();
        var cache = new CacheChecker(files, written.Options.Name);
        foreach (var image in cache.Images)
        {
            using var file = TemporaryFile.Write(image.Extract());
            var truth = ((GeneratedCacheImage)builder.Images.Single(made => made.Path == image.Path)).Describe(written.Options);
            var symbols = Witness.Run(nm, "--no-sort", "--format=just-symbols", "--extern-only", file.Path);
            Assert.True(symbols.ExitCode == 0, symbols.Error);
            Assert.Equal(truth.Externals.Concat(truth.Undefined), symbols.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

            var starts = Witness.Run(objdump, "--macho", "--function-starts", file.Path);
            Assert.True(starts.ExitCode == 0, starts.Error);
            Assert.Equal(image.Functions.Count, starts.Output.Split('\n').Count(static line => line.Length >= 8 && line.All(Uri.IsHexDigit)));
            if (truth.Classes.Count > 0 && written.Options.Arch.Is64Bit)
            {
                var objc = Witness.Run(objdump, "--macho", "--objc-meta-data", file.Path);
                Assert.True(objc.ExitCode == 0, objc.Error);
                Assert.All(truth.Classes, type => Assert.Contains(type.Name, objc.Output, StringComparison.Ordinal));
            }

            var code = Witness.Run(objdump, "--disassemble", "--section=__text", "--no-show-raw-insn", file.Path);
            Assert.True(code.ExitCode == 0, code.Error);
            var lines = code.Output.Split('\n').Count(static line => line.Contains('\t', StringComparison.Ordinal));
            var unknown = code.Output.Split('\n').Count(static line => line.Contains("<unknown>", StringComparison.Ordinal));

            // Literals lie between the functions; nothing else is no instruction.
            Assert.True(unknown * 20 < lines, $"{unknown} of {lines} lines are no instructions");
        }
    }

    private static int CompareCode(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        var changed = 0;
        for (var i = 0; i < before.Length; i += 4)
        {
            var (a, b) = (BinaryPrimitives.ReadUInt32LittleEndian(before[i..]), BinaryPrimitives.ReadUInt32LittleEndian(after[i..]));
            if (a == b)
            {
                continue;
            }

            changed++;
            var isAdrp = (a & 0x9F00001F) == (b & 0x9F00001F) && (a & 0x9F000000) == 0x90000000;
            var isCall = a >> 26 == 0x25 && b >> 26 == 0x25;
            var isLow = ((a ^ b) & ~(0xFFFu << 10)) == 0 && ((a & 0xFFC00000) is 0x91000000 or 0xF9400000);
            Assert.True(isAdrp || isCall || isLow, $"0x{a:x8} became 0x{b:x8}");
        }

        return changed;
    }

    private static void Check(GeneratedImageTruth truth, GeneratedCacheImage image, CheckedImage found, CacheChecker cache, WrittenCache written)
    {
        var options = written.Options;
        Assert.Equal(image.Uuid, found.Uuid);
        Assert.Equal(truth.Sections, found.Sections.Select(static section => (section.Segment, section.Name, section.Size)));
        Assert.Equal(truth.Dylibs, found.Dylibs);
        Assert.Equal(truth.Strings, found.Strings("__cstring"));
        Assert.Equal(truth.Functions.Select(function => found.Address + (ulong)(truth.TextOffset + function.Offset)), found.Functions);
        Assert.Equal(truth.Functions[^1].Offset + truth.Functions[^1].Size, found.Section("__text").Length);

        var names = found.Symbols.Select(static symbol => symbol.Name).ToArray();
        var locals = options.LocalSymbols switch
        {
            LocalSymbolsPlace.Images => truth.Locals.ToArray(),
            LocalSymbolsPlace.None => [],
            _ => [.. Enumerable.Repeat("<redacted>", truth.Functions.Count(static function => function.IsLocal))],
        };
        Assert.Equal(locals.Concat(truth.Externals).Concat(truth.Undefined), names);
        if (options.LocalSymbols is LocalSymbolsPlace.MainFile or LocalSymbolsPlace.SymbolsFile)
        {
            Assert.Equal(truth.Locals, found.Locals.Select(static symbol => symbol.Name));
        }

        var functions = truth.Functions.ToDictionary(static function => function.Name, function => found.Address + (ulong)(truth.TextOffset + function.Offset), StringComparer.Ordinal);
        foreach (var symbol in found.Symbols.Concat(found.Locals).Where(static symbol => symbol.Section == 1 && symbol.Name != "<redacted>"))
        {
            Assert.Equal(functions[symbol.Name], symbol.Value);
        }

        CheckPointers(truth, found, cache, written, functions);
    }

    private static void CheckPointers(GeneratedImageTruth truth, CheckedImage found, CacheChecker cache, WrittenCache written, Dictionary<string, ulong> functions)
    {
        var word = cache.Is64Bit ? 8UL : 4UL;
        if (found.Sections.Find(static section => section.Name == "__cfstring") is { } strings)
        {
            for (var i = 0; i < truth.CFStrings.Count; i++)
            {
                Assert.Equal(truth.CFStrings[i], cache.CString(cache.Pointer(strings.Address + ((ulong)i * word * 4) + (2 * word))));
            }
        }

        if (truth.Classes.Count == 0)
        {
            return;
        }

        Assert.Equal(truth.Selectors, found.Strings("__objc_methname"));
        var list = found.Sections.Single(static section => section.Name == "__objc_classlist");
        for (var i = 0; i < truth.Classes.Count; i++)
        {
            var data = cache.Pointer(cache.Pointer(list.Address + ((ulong)i * word)) + (4 * word));
            var fields = data + (word == 8 ? 16UL : 12);
            Assert.Equal(truth.Classes[i].Name, cache.CString(cache.Pointer(fields + word)));
            var methods = cache.Pointer(fields + (2 * word));
            var flags = (uint)CacheChecker.U32(cache.Memory(methods, 8), 0);
            Assert.Equal(written.SelectorBase != 0, (flags & 0x40000000) != 0);
            Assert.Equal(truth.Classes[i].Methods.Count, CacheChecker.U32(cache.Memory(methods, 8), 4));
            for (var m = 0; m < truth.Classes[i].Methods.Count; m++)
            {
                var at = methods + 8 + ((ulong)m * 12);
                var name = (ulong)CacheChecker.U32(cache.Memory(at, 4), 0);
                var selector = cache.CString(written.SelectorBase != 0 ? written.SelectorBase + name : cache.Pointer(at + name));
                Assert.Equal(truth.Classes[i].Methods[m], selector);
                var imp = at + 8 + (ulong)CacheChecker.U32(cache.Memory(at + 8, 4), 0);
                Assert.Equal(functions[$"-[{truth.Classes[i].Name} {selector}]"], imp);
            }
        }
    }
}
