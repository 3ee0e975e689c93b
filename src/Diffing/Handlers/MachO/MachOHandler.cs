using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;

namespace IpswDiff.Diffing.Handlers.MachO;

/// <summary>
/// Every Mach-O file of every volume, all slices of it, and every static library, all members of it, matched by volume
/// and path.
/// </summary>
internal sealed class MachOHandler : IFileHandler
{
    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("MachO")
    {
        Folder = "MACHOS",
        Classes = ItemClasses.OfBinaries,
        RecognisesMoves = true,
    };

    private readonly BinaryComparison _comparison;
    private readonly bool _exhaustive;

    /// <summary>Makes the handler.</summary>
    /// <param name="comparison">How two images are compared.</param>
    /// <param name="exhaustive">Compare even what is proven identical.</param>
    public MachOHandler(BinaryComparison comparison, bool exhaustive)
    {
        _comparison = comparison;
        _exhaustive = exhaustive;
    }

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public void Compare(FilePair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        var before = pair.Old is { } old && (old.LooksLikeMachO || old.LooksLikeStaticLibrary) ? old : null;
        var after = pair.New is { } @new && (@new.LooksLikeMachO || @new.LooksLikeStaticLibrary) ? @new : null;
        if (before is not null && after is not null && before.LooksLikeMachO == after.LooksLikeMachO)
        {
            ComparePair(pair, before, after, sink);
            return;
        }

        // A library that became an image, or the other way round, is another file.
        if (before is not null)
        {
            sink.Add(ItemGroup.Removed, Describe(pair, before));
        }

        if (after is not null)
        {
            sink.Add(ItemGroup.Added, Describe(pair, after));
        }
    }

    private void ComparePair(FilePair pair, FileSide before, FileSide after, ItemSink sink)
    {
        if (!_exhaustive && pair.ProofOfEqualContents() is { } proof)
        {
            sink.SkipIdentical(proof);
            return;
        }

        var slices = before.LooksLikeMachO
            ? SlicePairs.Compare(_comparison, before.MachO()!, after.MachO()!)
            : LibraryMembers.Compare(_comparison, before.StaticLibrary()!, after.StaticLibrary()!);
        var what = slices.SelectMany(slice => slice.What).Distinct(StringComparer.Ordinal).ToArray();
        if (what.Length == 0 && pair.ProofOfEqualContents() is not null)
        {
            return;
        }

        sink.AddDifferent(
            new ReportItem { Volume = VolumeOf(pair), Path = pair.Path, What = what, Counts = BinaryCounts.Of(slices) },
            new ItemDetails { Volume = VolumeOf(pair), Path = pair.Path, Slices = slices });
    }

    private static ReportItem Describe(FilePair pair, FileSide side)
    {
        if (side.StaticLibrary() is { } library)
        {
            return new ReportItem
            {
                Volume = VolumeOf(pair),
                Path = pair.Path,
                Identity = BinaryIdentities.IdentityOf(library, side),
                Counts = new Dictionary<string, long>(StringComparer.Ordinal)
                {
                    ["size"] = side.Entry.Size,
                    ["slices"] = library.Slices.Count,
                    ["members"] = library.Slices.Sum(slice => slice.Archive.Members.Count),
                },
            };
        }

        var slices = side.MachO()!.Slices;
        return new ReportItem
        {
            Volume = VolumeOf(pair),
            Path = pair.Path,
            Identity = BinaryIdentities.IdentityOf(side),
            Counts = new Dictionary<string, long>(StringComparer.Ordinal)
            {
                ["size"] = side.Entry.Size,
                ["slices"] = slices.Count,
                ["symbols"] = slices.Sum(slice => slice.Symbols?.Count ?? 0),
                ["functions"] = slices.Sum(slice => slice.CountFunctionStarts()),
            },
        };
    }

    private static string? VolumeOf(FilePair pair) => pair.Volume.Length == 0 ? null : pair.Volume;
}
