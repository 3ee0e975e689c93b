using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Handlers.SharedCache;

/// <summary>
/// Every image of every dyld shared cache, matched by cache and install path. An image that bears the same UUID on both
/// sides is the same linked library, wherever its neighbours have pushed it.
/// </summary>
internal sealed class SharedCacheHandler : IImageHandler
{
    // The fact by which people know a system's web engine: the version of its framework.
    private const string WebKit = "WebKit";

    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("SharedCache")
    {
        Heading = "DSC",
        Folder = "DYLIBS",
        ListHeading = "Dylibs",
        Classes = ItemClasses.OfBinaries,
        PairFact = new PairFact(WebKit, WebKit),
        RecognisesMoves = true,
    };

    private readonly BinaryComparison _comparison;
    private readonly bool _exhaustive;

    /// <summary>Makes the handler.</summary>
    /// <param name="comparison">How two images are compared.</param>
    /// <param name="exhaustive">Compare even images that are proven identical.</param>
    public SharedCacheHandler(BinaryComparison comparison, bool exhaustive)
    {
        _comparison = comparison;
        _exhaustive = exhaustive;
    }

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public void Compare(ImagePair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        if (IsWebKit(pair.Path))
        {
            sink.AddFact(new SectionFact(WebKit, pair.Cache, Version(pair.OpenOld()), Version(pair.OpenNew())));
        }

        if (pair.Old is null)
        {
            sink.Add(ItemGroup.Added, Describe(pair, pair.OpenNew()!));
        }
        else if (pair.New is null)
        {
            sink.Add(ItemGroup.Removed, Describe(pair, pair.OpenOld()!));
        }
        else if (!_exhaustive && pair.HaveSameIdentity)
        {
            sink.SkipIdentical("uuid");
        }
        else
        {
            CompareImages(pair, pair.OpenOld()!, pair.OpenNew()!, sink);
        }
    }

    private void CompareImages(ImagePair pair, MachOImage old, MachOImage @new, ItemSink sink)
    {
        var change = _comparison.Compare(old, @new);
        if (change.What.Count == 0)
        {
            return;
        }

        SliceChange[] slices = [change];
        sink.AddDifferent(
            new ReportItem { Volume = pair.Cache, Path = pair.Path, What = change.What, Counts = BinaryCounts.Of(slices) },
            new ItemDetails { Volume = pair.Cache, Path = pair.Path, Slices = slices });
    }

    private static ReportItem Describe(ImagePair pair, MachOImage image) => new()
    {
        Volume = pair.Cache,
        Path = pair.Path,
        Identity = new BinaryIdentity([image.UuidText ?? string.Empty], [string.Empty], null),
        Counts = new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["size"] = (long)(pair.Old ?? pair.New)!.TextSize,
            ["symbols"] = image.SymbolTables.Sum(table => table.Count),
            ["functions"] = image.CountFunctionStarts(),
        },
    };

    private static bool IsWebKit(string path) =>
        path is "/System/Library/Frameworks/WebKit.framework/WebKit" or "/System/Library/Frameworks/WebKit.framework/Versions/A/WebKit";

    private static string? Version(MachOImage? image) => image?.SourceVersion?.ToString();
}
