using System.Buffers.Binary;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.Forge.Tests.SharedCache;

/// <summary>The list of what was planted against the bytes of both caches: nothing missed, nothing invented.</summary>
public class SharedCachePairTests
{
    private static readonly SharedCacheProportions Dense = new(Changed: 0.4, Rebuilt: 0.2, Added: 0.05, Removed: 0.05);

    [Theory]
    [InlineData("arm64e")]
    [InlineData("arm64")]
    [InlineData("arm64_32")]
    [InlineData("x86_64")]
    public void Differs_by_exactly_what_was_planted(string arch)
    {
        var options = new SharedCacheOptions
        {
            Arch = ExampleImage.Arch(arch),
            SlideVersion = arch switch { "arm64e" => 5, "arm64_32" => 4, _ => 2 },
            TextPerGroup = 600_000,
        };
        var pair = SharedCachePair.Create(42, 80, Dense, options, bytesPerImage: 60_000);
        using var oldFiles = new MemoryCacheFiles();
        using var newFiles = new MemoryCacheFiles();
        var written = pair.Write(oldFiles, newFiles);
        var before = new CacheChecker(oldFiles.Files, written.Old.Options.Name).Images.ToDictionary(static image => image.Path, StringComparer.Ordinal);
        var after = new CacheChecker(newFiles.Files, written.New.Options.Name).Images.ToDictionary(static image => image.Path, StringComparer.Ordinal);

        Assert.Equal(before.Keys.Union(after.Keys).Order(StringComparer.Ordinal), written.Plants.Select(static plant => plant.Path));

        // Images are renamed only where that is asked for.
        Assert.Equal(
            Enum.GetValues<PlantKind>().Where(static kind => kind is not (PlantKind.Identical or PlantKind.ImageRenamed)),
            written.Plants.Select(static plant => plant.Kind).Distinct().Order());
        foreach (var plant in written.Plants)
        {
            Assert.Equal(plant.Kind == PlantKind.ImageAdded, !before.ContainsKey(plant.Path));
            Assert.Equal(plant.Kind == PlantKind.ImageRemoved, !after.ContainsKey(plant.Path));
            if (plant.Kind is not (PlantKind.ImageAdded or PlantKind.ImageRemoved))
            {
                Check(plant, before[plant.Path], after[plant.Path], arch.StartsWith("arm", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Leaves_everything_in_place_where_nothing_grows()
    {
        var pair = SharedCachePair.Create(3, 20, new SharedCacheProportions(0, 0, 0, 0), bytesPerImage: 40_000);
        using var oldFiles = new MemoryCacheFiles();
        using var newFiles = new MemoryCacheFiles();
        var moved = pair.Write(oldFiles, newFiles);
        Assert.All(moved.Plants, static plant => Assert.Equal(PlantKind.MovedOnly, plant.Kind));

        var still = SharedCachePair.Create(3, 20, new SharedCacheProportions(0, 0, 0, 0), bytesPerImage: 40_000, newOptions: pair.OldOptions);
        using var stillOld = new MemoryCacheFiles();
        using var stillNew = new MemoryCacheFiles();
        Assert.All(still.Write(stillOld, stillNew).Plants, static plant => Assert.Equal(PlantKind.Identical, plant.Kind));
        Assert.All(stillOld.Files, file => Assert.Equal(file.Value, stillNew.Files[file.Key]));
    }

    [Fact]
    public void Has_many_small_images_and_few_large_ones()
    {
        var pair = SharedCachePair.Create(9, 4180);
        var functions = pair.OldImages.Select(static image => image.Functions).Order().ToArray();
        Assert.Equal(4180, functions.Length);
        Assert.InRange(functions.Sum(static count => (long)count) * 520, 3_800_000_000, 4_600_000_000);
        Assert.InRange(functions[^1] / functions[functions.Length / 2], 50, 1000);
        Assert.InRange(pair.NewImages.Count, 4150, 4210);
    }

    private static void Check(PlantedImage plant, CheckedImage before, CheckedImage after, bool isArm)
    {
        var isSame = plant.Kind is PlantKind.MovedOnly;
        Assert.Equal(plant.OldUuid, before.Uuid);
        Assert.Equal(plant.NewUuid, after.Uuid);
        Assert.Equal(isSame, before.Uuid == after.Uuid);
        Differ(before.Strings("__cstring"), after.Strings("__cstring"), plant.RemovedStrings, plant.AddedStrings);
        Differ(Selectors(before), Selectors(after), plant.RemovedSelectors, plant.AddedSelectors);
        Differ(before.Dylibs, after.Dylibs, plant.RemovedDylibs, plant.AddedDylibs);
        Differ(Names(before), Names(after), plant.RemovedSymbols, plant.AddedSymbols);

        var oldCode = Code(before, isArm);
        var newCode = Code(after, isArm);
        var found = oldCode.Keys.Union(newCode.Keys)
            .Select(name => (Name: name, Old: oldCode.GetValueOrDefault(name, []), New: newCode.GetValueOrDefault(name, [])))
            .Where(static function => !function.Old.AsSpan().SequenceEqual(function.New))
            .Select(static function => new PlantedFunction(function.Name, function.Old.Length * 4, function.New.Length * 4));
        Assert.Equal(plant.Functions.OrderBy(static function => function.Name, StringComparer.Ordinal), found.OrderBy(static function => function.Name, StringComparer.Ordinal));
        if (plant.Kind is PlantKind.CodeChangedSameSize)
        {
            Assert.All(plant.Functions, static function => Assert.Equal(function.OldSize, function.NewSize));
            Assert.NotEmpty(plant.Functions);
        }

        var methods = plant.AddedMethods.Select(static method => $"-[{method.Class} {method.Selector}]");
        Assert.Subset(plant.AddedSymbols.ToHashSet(StringComparer.Ordinal), methods.ToHashSet(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Selectors(CheckedImage image) =>
        image.Sections.Exists(static section => section.Name == "__objc_methname") ? image.Strings("__objc_methname") : [];

    private static IEnumerable<string> Names(CheckedImage image) =>
        image.Symbols.Concat(image.Locals).Select(static symbol => symbol.Name).Where(static name => name != "<redacted>");

    private static void Differ(IEnumerable<string> before, IEnumerable<string> after, IReadOnlyList<string> removed, IReadOnlyList<string> added)
    {
        var (old, now) = (before.ToArray(), after.ToArray());
        Assert.Equal(removed.Order(StringComparer.Ordinal), old.Except(now, StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Equal(added.Order(StringComparer.Ordinal), now.Except(old, StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    /// <summary>The words of every function by name, without what depends on addresses.</summary>
    private static Dictionary<string, uint[]> Code(CheckedImage image, bool isArm)
    {
        var names = image.Symbols.Concat(image.Locals)
            .Where(static symbol => symbol.Section == 1 && symbol.Name != "<redacted>")
            .ToDictionary(static symbol => symbol.Value, static symbol => symbol.Name);
        var text = image.Sections.Single(static section => section.Name == "__text");
        var bytes = image.Section("__text");
        var result = new Dictionary<string, uint[]>(StringComparer.Ordinal);
        for (var i = 0; i < image.Functions.Count; i++)
        {
            var start = (int)(image.Functions[i] - text.Address);
            var end = i + 1 < image.Functions.Count ? (int)(image.Functions[i + 1] - text.Address) : bytes.Length;
            var words = new uint[(end - start) / 4];
            var masksNext = false;
            for (var w = 0; w < words.Length; w++)
            {
                var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(start + (w * 4))..]);
                words[w] = isArm ? MaskArm(word, ref masksNext) : MaskX86(word, ref masksNext);
            }

            result.Add(names[image.Functions[i]], words);
        }

        return result;
    }

    private static uint MaskArm(uint word, ref bool afterAdrp)
    {
        var isLow = afterAdrp;
        afterAdrp = (word & 0x9F000000) == 0x90000000;
        return afterAdrp ? word & 0x9F00001F : word >> 26 == 0x25 ? 0x94000000 : isLow ? word & 0xFFC003FF : word;
    }

    private static uint MaskX86(uint word, ref bool afterOpcode)
    {
        // A reference fills two words: lea or mov with the end of its distance in the second, or call.
        if (afterOpcode)
        {
            afterOpcode = false;
            return word & 0xFF000000;
        }

        var isLea = (word & 0xFFFFFF) is 0x3D8D48 or 0x3D8B48;
        var isCall = (word & 0xFF) == 0xE8;
        afterOpcode = isLea || isCall;
        return isLea ? word & 0xFFFFFF : isCall ? 0xE8 : word;
    }
}
