using System.Globalization;
using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Formats.Kernelcache;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Handlers.Kernelcache;

/// <summary>
/// Every kernelcache of both firmwares: the kernel and its kexts, matched by bundle identifier – the code under the
/// container policy, the Info.plist key by key – and what the kernel says of its version.
/// </summary>
internal sealed class KernelcacheHandler : IKernelcacheHandler
{
    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("Kernelcache")
    {
        Heading = "Kernel",
        Folder = "KEXTS",
        ListHeading = "Kexts",
        Classes = ItemClasses.OfBinaries,
        FactColumns = [VersionFact, BuildFact, DateFact],
        PairFact = new PairFact("Kernel", VersionFact),
    };

    /// <summary>Fact: the version of Darwin.</summary>
    public const string VersionFact = "Version";

    /// <summary>Fact: the version of xnu.</summary>
    public const string BuildFact = "Build";

    /// <summary>Fact: when and where the kernel was built.</summary>
    public const string DateFact = "Date";

    // In caches that are no filesets the kernel's own commands span its kexts; what becomes of those is said kext by
    // kext.
    private static readonly string[] KextSections =
    [
        "__PRELINK_TEXT.__text", "__PRELINK_STATE.__kernel", "__PRELINK_STATE.__kexts", "__PRELINK_DATA.__data", "__PRELINK_INFO.__info",
        "__PRELINK_INFO.__kmod_info", "__PRELINK_INFO.__kmod_start", "__PLK_TEXT_EXEC.__text", "__PLK_DATA_CONST.__data",
        "__PLK_LLVM_COV.__llvm_covmap", "__PLK_LINKEDIT.__data",
    ];

    private readonly BinaryComparison _comparison;
    private readonly BinaryComparison _kernelComparison;
    private readonly bool _exhaustive;

    /// <summary>Makes the handler with the options of a run.</summary>
    public KernelcacheHandler(DiffOptions options)
    {
        _comparison = new BinaryComparison(BinaryPolicy.Container, options);
        _kernelComparison = new BinaryComparison(BinaryPolicy.Container, options with { BlockList = [.. options.BlockList, .. KextSections] });
        _exhaustive = options.Exhaustive;
    }

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public void Compare(KernelcachePair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        AddVersions(pair, sink);
        if (pair.Old is null || pair.New is null)
        {
            var cache = (pair.Old ?? pair.New)!;
            sink.Add(pair.Old is null ? ItemGroup.Added : ItemGroup.Removed, new ReportItem
            {
                Path = pair.Label,
                Counts = new Dictionary<string, long>(StringComparer.Ordinal) { ["size"] = cache.Source.Length, ["kexts"] = cache.Entries.Count(entry => !entry.IsKernel) },
            });
        }
        else if (pair.InfoFault is { } fault)
        {
            sink.Add(ItemGroup.Unreadable, new ReportItem { Volume = pair.Volume, Path = "__PRELINK_INFO", Reason = fault });
        }
    }

    /// <inheritdoc/>
    public void Compare(KextPair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        if (pair.Old is null || pair.New is null)
        {
            sink.Add(pair.Old is null ? ItemGroup.Added : ItemGroup.Removed, Describe(pair, (pair.Old ?? pair.New)!));
            return;
        }

        var values = KextInfoComparison.Compare(pair.Old.Info, pair.New.Info);
        var slices = CompareImages(pair, pair.Old.Entry, pair.New.Entry, sink);
        string[] what = [.. slices.SelectMany(slice => slice.What), .. values.Count > 0 ? new[] { "plist" } : []];
        if (what.Length == 0)
        {
            return;
        }

        var counts = new SortedDictionary<string, long>(BinaryCounts.Of(slices).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
        if (values.Count > 0)
        {
            counts["valuesChanged"] = values.Count;
        }

        sink.AddDifferent(
            new ReportItem { Volume = pair.Cache.Volume, Path = pair.Id, What = what, Counts = counts },
            new ItemDetails { Volume = pair.Cache.Volume, Path = pair.Id, Slices = slices, Values = values });
    }

    private static void AddVersions(KernelcachePair pair, ItemSink sink)
    {
        var (old, @new) = (pair.Old?.ReadVersion(), pair.New?.ReadVersion());
        if (old is not null || @new is not null)
        {
            sink.AddFact(new SectionFact(VersionFact, pair.Volume, old?.Darwin, @new?.Darwin));
            sink.AddFact(new SectionFact(BuildFact, pair.Volume, old?.Xnu, @new?.Xnu));
            sink.AddFact(new SectionFact(DateFact, pair.Volume, Date(old), Date(@new)));
        }
    }

    // As published reports write it: Fri, 01May2026 21:00:01 PDT.
    private static string? Date(KernelVersion? version) => version?.LocalDate is { } date
        ? $"{date.ToString("ddd, ddMMMyyyy HH:mm:ss", CultureInfo.InvariantCulture)} {version.Zone}"
        : version?.DateText;

    private SliceChange[] CompareImages(KextPair pair, KernelcacheEntry? before, KernelcacheEntry? after, ItemSink sink)
    {
        if (before is null && after is null)
        {
            return [];
        }

        var (old, @new) = (before?.OpenImage(), after?.OpenImage());
        var comparison = before?.IsKernel == true && pair.Cache.Old!.Kind != KernelcacheKind.Fileset ? _kernelComparison : _comparison;
        if (old is null || @new is null)
        {
            return
            [
                new SliceChange
                {
                    Arch = (old ?? @new)!.Arch,
                    Old = old is null ? null : comparison.Describe(old),
                    New = @new is null ? null : comparison.Describe(@new),
                    What = ["slices"],
                },
            ];
        }

        if (!_exhaustive && HaveSameIdentity(old, @new))
        {
            sink.SkipIdentical("uuid");
            return [];
        }

        var change = comparison.Compare(old, @new);
        return change.What.Count == 0 ? [] : [change];
    }

    // One UUID and the same sections: the same linked image, wherever the builder of the cache put it.
    private static bool HaveSameIdentity(MachOImage old, MachOImage @new) =>
        old.UuidText is { } uuid && uuid == @new.UuidText
        && old.Sections.Select(Measure).SequenceEqual(@new.Sections.Select(Measure));

    private static (string Segment, string Name, long Size) Measure(MachOSection section) => (section.SegmentName, section.Name, section.Size);

    private static ReportItem Describe(KextPair pair, KextSide side)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var image = side.Entry?.OpenImage();
        if (image is not null)
        {
            counts["size"] = image.Sections.Aggregate(0L, static (sum, section) => unchecked(sum + section.Size));
            counts["symbols"] = image.SymbolTables.Sum(table => table.Count);
            counts["functions"] = image.CountFunctionStarts();
        }

        return new ReportItem
        {
            Volume = pair.Cache.Volume,
            Path = pair.Id,
            Identity = image?.UuidText is { } uuid ? new BinaryIdentity([uuid], [string.Empty], null) : null,
            Counts = counts,
        };
    }
}
