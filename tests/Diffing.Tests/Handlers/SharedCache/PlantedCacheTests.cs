using IpswDiff.Diffing.Results;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.Diffing.Tests.Handlers.SharedCache;

/// <summary>The report equals the list of what the Forge planted: nothing missed, nothing invented.</summary>
public sealed class PlantedCacheTests
{
    private static readonly SharedCacheProportions Dense = new(Changed: 0.4, Rebuilt: 0.2, Added: 0.05, Removed: 0.05);

    private static readonly Dictionary<string, SharedCacheOptions> Kinds = new(StringComparer.Ordinal)
    {
        ["iOS 26"] = new(),
        ["macOS 27"] = new() { Arch = MachOArch.Arm64EX1, HeaderSize = SharedCacheOptions.ArchitectureHeader, Platform = 1 },
        ["OS 27"] = new() { ObjCTypeOffsets = true },
        ["iOS 15"] = new() { HeaderSize = SharedCacheOptions.SubCachesHeader, SlideVersion = 3, Split = SharedCacheSplit.Numbered },
        ["iOS 14"] = new() { HeaderSize = SharedCacheOptions.SlideMappingsHeader, SlideVersion = 3, Split = SharedCacheSplit.None, LocalSymbols = LocalSymbolsPlace.MainFile },
        ["iOS 9"] = new() { Arch = MachOArch.Arm64, HeaderSize = SharedCacheOptions.ImagesTextHeader, SlideVersion = 2, Split = SharedCacheSplit.None, LocalSymbols = LocalSymbolsPlace.MainFile },
        ["macOS 15 on Intel"] = new() { Arch = MachOArch.X8664h, SlideVersion = 2, Platform = 1 },
        ["watchOS 10"] = new() { Arch = MachOArch.Arm6432, SlideVersion = 4, Platform = 4, HeaderSize = SharedCacheOptions.DynamicDataHeader },
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Names_exactly_what_was_planted(string kind)
    {
        using var run = new CacheRun(SharedCachePair.Create(42, 60, Dense, Kinds[kind] with { TextPerGroup = 600_000 }, bytesPerImage: 50_000));
        var report = await run.RunAsync();
        Assert.Equal((SectionState.Complete, null), (report.Section.State, report.Section.Reason));
        Assert.Empty(report.Items[ItemGroup.Unreadable]);
        AssertGroup(report, ItemGroup.Added, run, PlantKind.ImageAdded);
        AssertGroup(report, ItemGroup.Removed, run, PlantKind.ImageRemoved);
        AssertGroup(report, ItemGroup.Rebuilt, run, PlantKind.RebuiltOnly);
        Assert.Empty(report.Items[ItemGroup.Moved]);
        var changed = run.Written.Plants.Where(plant => plant.Kind is >= PlantKind.CodeChanged and <= PlantKind.Several).ToArray();
        Assert.Equal(changed.Select(plant => plant.Path).Order(StringComparer.Ordinal), report.Paths(ItemGroup.Changed).Order(StringComparer.Ordinal));
        foreach (var plant in changed)
        {
            AssertChange(plant, Assert.Single(report.Details[plant.Path].Slices), run.Written.Old.Options);
        }

        var same = run.Written.Plants.Count(plant => plant.Kind is PlantKind.MovedOnly or PlantKind.Identical);
        Assert.Equal(same, report.Run.Skipped["uuid"]);
        var info = Assert.Single(report.Section.Containers);
        Assert.Equal((60, run.Written.New.Images.Count, same), (info.OldItems, info.NewItems, info.SameIdentity));
        Assert.Equal(run.Written.Plants.Count(plant => plant.Kind == PlantKind.MovedOnly), info.MovedOnly);
        Assert.All(report.Items[ItemGroup.Rebuilt], item => Assert.Equal(["uuid"], item.What));
    }

    [Fact]
    public async Task Comes_out_the_same_in_both_modes_and_for_any_number_of_shards_and_workers()
    {
        using var run = new CacheRun(SharedCachePair.Create(7, 90, Dense, new SharedCacheOptions { TextPerGroup = 900_000 }, bytesPerImage: 40_000));
        var one = await run.RunAsync(shardBytes: long.MaxValue, parallelism: 1);
        Assert.Equal(1, one.Run.Shards);
        var expected = one.Comparable();
        Assert.Equal(one.Paths(ItemGroup.Changed).Order(Formats.FileSystems.PathOrder.Instance), one.Paths(ItemGroup.Changed));

        // Estimates are of what comparing reads, about a third of the files.
        foreach (var (shardBytes, least, most, parallelism) in new[] { (run.Bytes / 6, 2, 6, 1), (run.Bytes / 6, 2, 6, 3), (run.Bytes / 150, 45, 90, 5) })
        {
            foreach (var exhaustive in new[] { false, true })
            {
                var report = await run.RunAsync(exhaustive, shardBytes, parallelism);
                Assert.InRange(report.Run.Shards, least, most);
                Assert.Equal(expected, report.Comparable());
                Assert.Equal(exhaustive ? 0 : run.Written.Plants.Count(plant => plant.Kind == PlantKind.MovedOnly), report.Run.Skipped.GetValueOrDefault("uuid"));
            }
        }
    }

    [Fact]
    public async Task Methods_are_the_same_however_their_lists_refer_to_their_types()
    {
        var nothing = new SharedCacheProportions(Changed: 0, Rebuilt: 0, Added: 0, Removed: 0);
        var before = new SharedCacheOptions { TextPerGroup = 600_000 };
        foreach (var (old, @new) in new[] { (before, before with { ObjCTypeOffsets = true }), (before with { ObjCTypeOffsets = true }, before with { ObjCTypeOffsets = true, LeadingPad = 0x3000, Seed = 2 }) })
        {
            using var run = new CacheRun(SharedCachePair.Create(5, 60, nothing, old, bytesPerImage: 30_000, newOptions: @new));
            var report = await run.RunAsync(exhaustive: true);
            Assert.Equal(SectionState.Complete, report.Section.State);
            Assert.All([ItemGroup.Changed, ItemGroup.Rebuilt, ItemGroup.Unreadable], group => Assert.Empty(report.Paths(group)));
        }
    }

    [Fact]
    public async Task Tells_the_version_of_WebKit_whether_it_changed_or_not()
    {
        const string WebKit = "/System/Library/Frameworks/WebKit.framework/WebKit";
        using var run = new CacheRun(SharedCachePair.Create(3, 30, bytesPerImage: 30_000));
        var fact = Assert.Single((await run.RunAsync()).Section.Facts);
        var plant = run.Written.Plants.Single(plant => plant.Path == WebKit);
        Assert.Equal(new SectionFact("WebKit", null, plant.OldVersion + ".0.0", plant.NewVersion + ".0.0"), fact);
    }

    private static void AssertGroup(SectionReport report, ItemGroup group, CacheRun run, PlantKind kind) => Assert.Equal(
        run.Written.Plants.Where(plant => plant.Kind == kind).Select(plant => plant.Path).Order(StringComparer.Ordinal),
        report.Paths(group).Order(StringComparer.Ordinal));

    private static void AssertChange(PlantedImage plant, SliceChange slice, SharedCacheOptions options)
    {
        Assert.Equal(options.Arch.Name, slice.Arch);
        Assert.Equal((Upper(plant.OldUuid), Upper(plant.NewUuid)), (slice.Old!.Uuid, slice.New!.Uuid));
        Assert.Equal((plant.OldVersion + ".0.0", plant.NewVersion + ".0.0"), (slice.Old.Version, slice.New.Version));
        AssertSet(plant.AddedSymbols, slice.Symbols.Added.Select(symbol => symbol.Name));
        AssertSet(plant.RemovedSymbols, slice.Symbols.Removed.Select(symbol => symbol.Name));
        Assert.Empty(slice.Symbols.Rekinded);
        AssertSet(plant.AddedStrings.Concat(plant.AddedSelectors), slice.CStrings!.Added);
        AssertSet(plant.RemovedStrings.Concat(plant.RemovedSelectors), slice.CStrings.Removed);
        Assert.True(slice.Old.Symbols > 0 && slice.Old.CStrings > 0);
        Assert.Equal(slice.Symbols.Added.Count - slice.Symbols.Removed.Count, slice.New.Symbols - slice.Old.Symbols);
        Assert.Equal(slice.CStrings.Added.Count - slice.CStrings.Removed.Count, slice.New.CStrings - slice.Old.CStrings);
        AssertSet(plant.AddedDylibs, slice.New.Dylibs.Except(slice.Old.Dylibs).Select(dylib => dylib.Name));
        AssertSet(plant.RemovedDylibs, slice.Old.Dylibs.Except(slice.New.Dylibs).Select(dylib => dylib.Name));
        AssertSet(
            plant.Functions.Select(function => $"{function.Name} {function.OldSize} {function.NewSize}"),
            slice.Functions!.Changed.Select(function => $"{function.Name} {function.OldSize} {function.NewSize}")
                .Concat(slice.Functions.Added.Select(function => $"{function.Name} 0 {function.Size}"))
                .Concat(slice.Functions.Removed.Select(function => $"{function.Name} {function.Size} 0")));
        Assert.All(slice.Functions.Changed, function => Assert.Null(function.OldName));
        Assert.Null(slice.ObjectiveC?.Unreadable);
        var methods = slice.ObjectiveC?.Changed ?? [];
        Assert.All(methods, type => Assert.Empty(type.Methods?.Changed ?? []));
        if (options.Arch.Is64Bit)
        {
            AssertSet(plant.AddedMethods.Select(method => $"{method.Class} -{method.Selector}"), methods.SelectMany(type => type.Methods?.Added.Select(name => $"{type.Name} {name}") ?? []));
            AssertSet(plant.RemovedMethods.Select(method => $"{method.Class} -{method.Selector}"), methods.SelectMany(type => type.Methods?.Removed.Select(name => $"{type.Name} {name}") ?? []));
        }
    }

    private static void AssertSet(IEnumerable<string> expected, IEnumerable<string> actual) =>
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));

    private static string? Upper(Guid? uuid) => uuid?.ToString("D").ToUpperInvariant();
}
