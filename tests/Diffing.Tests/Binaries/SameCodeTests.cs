using System.Runtime.InteropServices;
using CsCheck;
using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Binaries.Code;
using IpswDiff.Diffing.Options;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Diffing.Tests.Binaries;

public sealed class SameCodeTests
{
    private const uint Return = 0xD65F03C0;

    // Instructions of every kind that an address, or the state of registers, can be about.
    private static readonly uint[] Plain =
    [
        0x90000008, 0xB0000028, 0x10000008, 0x58000048, 0x1C000040, 0xF9400500, 0xF9400900, 0xB9000508, 0x91002108, 0x11002108, 0x91002100, 0x3DC00500,
        0x14000002, 0x14010000, 0x94000400, 0xD63F0100, 0xB4000048, 0x36000048, 0x54000040, 0xAA0903E8, 0xD503201F, 0, Return, 0xA9BF7BFD, 0xF8408508, 0xF81F0D08,
        0x9A880108, 0xFA400108, 0x1E260008, 0x08DFFC08, 0x885F7C08, 0xA8C12108, 0xD53BD048,
    ];

    private static readonly Gen<uint> Instruction = Gen.Frequency((6, Gen.Int[0, Plain.Length - 1].Select(i => Plain[i])), (1, Gen.UInt));

    // What one word becomes: another in its field for addresses, another altogether, or one that is told from it by little.
    private static readonly Gen<Func<uint, uint>> Change = Gen.Frequency(
        (6, Gen.UInt.Select(bits => (Func<uint, uint>)(word => Relocate(word, bits)))),
        (1, Instruction.Select(other => (Func<uint, uint>)(_ => other))),
        (1, Gen.Int[0, 31].Select(bit => (Func<uint, uint>)(word => word ^ (1u << bit)))));

    [Fact]
    public void Says_what_fingerprints_say_of_any_code()
    {
        var (same, different) = (0, 0);
        Gen.Select(
            Instruction.Array[1, 60].Array[1, 6], Gen.Select(Gen.Int[0, 1000], Change).Array[0, 6], Gen.Int[0, 3]).Sample((functions, changes, padding) =>
        {
            var changed = functions.Select(words => words.ToArray()).ToArray();
            foreach (var (place, change) in changes)
            {
                var words = changed[place % changed.Length];
                words[place / 7 % words.Length] = change(words[place / 7 % words.Length]);
            }

            var isSame = Agrees(Build(functions, 0), Build(changed, padding));
            Interlocked.Increment(ref isSame ? ref same : ref different);
        }, iter: 3000);
        Assert.True(same > 300 && different > 300, $"{same} same, {different} different");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4096, 12345 * 8)]
    [InlineData(40, 3_000_000)]
    public void Says_what_fingerprints_say_of_compiled_code(int codePadding, int dataPadding)
    {
        using var code = CompiledCode.Open();
        var old = code.Build("a");
        var moved = code.Build("b", dataPadding: dataPadding);
        Assert.True(Agrees(old, moved));
        Agrees(old, code.Build("c", codePadding: codePadding, dataPadding: dataPadding));
        Agrees(old, code.Build("d", dataPadding: dataPadding, linkerOptions: ["-ignore_optimization_hints"]));
        Assert.False(Agrees(old, code.Build("e", dataPadding: dataPadding, change: source => source.Replace("n < 2", "n < 3", StringComparison.Ordinal))));
    }

    [Fact]
    public void Says_what_fingerprints_say_of_images_in_a_cache()
    {
        var folder = Directory.CreateTempSubdirectory("ipswdiff-same-code-");
        try
        {
            var written = SharedCachePair.Create(3, 60, new SharedCacheProportions(0.4, 0.3, 0, 0), bytesPerImage: 200_000).Write(folder.FullName);
            using var old = SharedCacheFolder.Open(Path.Combine(folder.FullName, "old", written.Old.Options.Name));
            using var @new = SharedCacheFolder.Open(Path.Combine(folder.FullName, "new", written.New.Options.Name));
            var kinds = written.Plants.ToDictionary(plant => plant.Path, plant => plant.Kind, StringComparer.Ordinal);
            foreach (var (before, after) in old.Cache.Images.Join(@new.Cache.Images, image => image.Path, image => image.Path, (x, y) => (x, y)))
            {
                var isSame = Agrees(before.Open(), after.Open());
                var hasOtherCode = kinds[before.Path] is PlantKind.CodeChanged or PlantKind.CodeChangedSameSize or PlantKind.FunctionAdded or PlantKind.FunctionRemoved
                    or PlantKind.MethodAdded or PlantKind.MethodRemoved or PlantKind.Several;
                Assert.True(isSame != hasOtherCode, $"{before.Path}: {kinds[before.Path]}");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Only_planted_code_is_other_code_in_a_cache()
    {
        var folder = Directory.CreateTempSubdirectory("ipswdiff-same-targets-");
        try
        {
            var written = SharedCachePair.Create(5, 80, new SharedCacheProportions(0.6, 0.2, 0, 0), bytesPerImage: 100_000).Write(folder.FullName);
            using var old = SharedCacheFolder.Open(Path.Combine(folder.FullName, "old", written.Old.Options.Name));
            using var @new = SharedCacheFolder.Open(Path.Combine(folder.FullName, "new", written.New.Options.Name));
            var kinds = written.Plants.ToDictionary(plant => plant.Path, plant => plant.Kind, StringComparer.Ordinal);
            var options = new DiffOptions { OldPath = "old", NewPath = "new", Functions = true, Budget = MemoryBudget.Divide(256 << 20, 1) };
            var faults = new List<string>();
            foreach (var (before, after) in old.Cache.Images.Join(@new.Cache.Images, image => image.Path, image => image.Path, (x, y) => (x, y)))
            {
                var change = new BinaryComparison(BinaryPolicy.Container, options).Compare(before.Open(), after.Open());
                var hasOtherCode = kinds[before.Path] is PlantKind.CodeChanged or PlantKind.CodeChangedSameSize or PlantKind.FunctionAdded
                    or PlantKind.FunctionRemoved or PlantKind.MethodAdded or PlantKind.MethodRemoved or PlantKind.Several;
                var told = change.Functions!.Changed.Where(static function => !function.IsTextAlone).ToArray();
                if (change.What.Contains("code") != hasOtherCode || (!hasOtherCode && told.Length > 0))
                {
                    faults.Add($"{before.Path} {kinds[before.Path]}: {string.Join(',', change.What)}; " + string.Join('|', told.Take(4).Select(function =>
                        $"{function.Name} {string.Join(", ", function.Targets ?? [])}")));
                }
            }

            Assert.True(faults.Count == 0, string.Join('\n', faults));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_page_that_is_set_far_before_its_use_or_in_another_chunk_is_seen()
    {
        // The use stands right behind the place where code is read on, and further from its adrp than is looked back.
        foreach (var distance in (int[])[1, 2, 63, 64, 65, 500])
        {
            var words = Enumerable.Repeat(0xAA0903E9u, 40_000).ToArray();
            var use = (128 << 10) / 4;
            (words[use - distance], words[use], words[^1]) = (0x90000008, 0xF9400500, Return);
            var (moved, changed) = (words.ToArray(), words.ToArray());
            moved[use] = 0xF9400900;
            changed[use] = 0xF9400501;
            Assert.True(Agrees(Build([words], 0), Build([moved], 0)));
            Assert.False(Agrees(Build([words], 0), Build([changed], 0)));
        }
    }

    private static bool Agrees(MachOImage old, MachOImage @new)
    {
        using var before = FunctionRanges.Find(old);
        using var after = FunctionRanges.Find(@new);
        var (left, right) = (FunctionFingerprints.Read(old), FunctionFingerprints.Read(@new));
        var expected = left.Values.SequenceEqual(right.Values) && left.Sizes.SequenceEqual(right.Sizes);
        Assert.Equal(expected, SameCode.IsSame(old, before, @new, after));
        return expected;
    }

    private static uint Relocate(uint word, uint bits) =>
        (word & 0x1F000000) == 0x10000000 ? word ^ (bits & 0x60FFFFE0)
        : (word & 0x7C000000) == 0x14000000 ? word ^ (bits & 0x03FFFFFF)
        : (word & 0x3B000000) == 0x18000000 ? word ^ (bits & 0x00FFFFE0)
        : word ^ (bits & (0xFFFu << 10));

    private static MachOImage Build(uint[][] functions, int padding)
    {
        var builder = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Dylib) { InstallName = "/usr/lib/a.dylib" };
        builder.AddSection("__TEXT", "__const", new byte[16 + (padding * 8)]);
        var text = builder.AddCode(MemoryMarshal.AsBytes(functions.SelectMany(words => words).ToArray().AsSpan()).ToArray());
        var offset = 0L;
        foreach (var words in functions)
        {
            builder.AddFunction(text, offset);
            offset += words.Length * 4;
        }

        return MachOImage.Open(new MemoryByteSource(builder.Build()));
    }
}
