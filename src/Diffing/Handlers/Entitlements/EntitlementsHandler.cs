using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Diffing.Values;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Handlers.Entitlements;

/// <summary>
/// What every Mach-O of every volume may do: its entitlements and launch constraints, compared by key. Signatures are small and lie
/// at the end of a file, so that nothing else of it is read.
/// </summary>
internal sealed class EntitlementsHandler(bool exhaustive) : IFileHandler
{
    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("Entitlements")
    {
        Heading = "🔑 Entitlements",
        Classes = ItemClasses.OfInterface,
        ListsByKey = true,
        RecognisesMoves = true,
        Subject = "Mach-Os",
    };

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public void Compare(FilePair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        var before = pair.Old is { LooksLikeMachO: true } old ? old : null;
        var after = pair.New is { LooksLikeMachO: true } @new ? @new : null;
        if (before is null && after is null)
        {
            return;
        }

        sink.Examine();
        if (!exhaustive && pair.ProofAtHand() is { } proof)
        {
            sink.SkipIdentical(proof);
            return;
        }

        try
        {
            var changes = SliceValues.Compare(before?.MachO(), after?.MachO(), SignedRights.Read, entersOneSided: false);
            if (changes.Count > 0)
            {
                var group = before is null ? ItemGroup.Added : after is null ? ItemGroup.Removed : ItemGroup.Changed;
                ValueItems.Add(sink, pair, group, changes, group == ItemGroup.Changed ? null : IdentityOf((before ?? after)!));
            }
        }
        catch (FirmwareFormatException) when (pair.ProofOfEqualContents() is not null)
        {
            // Whatever it is, it did not change.
        }
    }

    // A cdhash covers the entitlements; a UUID or the name would not.
    private static BinaryIdentity IdentityOf(FileSide side) =>
        new([], [.. side.MachO()!.Slices.Select(slice => slice.ReadCodeSignature()?.CdHash ?? string.Empty)], null);
}
