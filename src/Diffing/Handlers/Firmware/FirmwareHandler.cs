using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Handlers.Firmware;

/// <summary>
/// The firmware of processors and peripherals: every IM4P that is neither kernelcache nor boot stage, trust caches, and what else lies
/// below <c>Firmware</c>. Tables (ftab), Exclave bundles and archives are compared file by file.
/// </summary>
internal sealed class FirmwareHandler : IMemberHandler
{
    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("Firmware")
    {
        NamesCdHashes = true,
        Subject = "firmware images",
    };

    private readonly MemberComparison _members;

    /// <summary>Makes the handler with the options of a run.</summary>
    public FirmwareHandler(DiffOptions options) => _members = new MemberComparison(options);

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public void Compare(MemberPair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        if (!_members.IsToCompare(pair, sink, static (pair, byName) => !FirmwareMembers.IsBootStage(pair, byName) && !FirmwareMembers.IsKernelcache(pair, byName)))
        {
            return;
        }

        if (pair.OldSide is null || pair.NewSide is null)
        {
            AddOneSided(pair, sink);
            return;
        }

        using var old = FirmwareParts.Open(pair.OldSide, pair.Name, _members.PayloadBytes);
        using var @new = FirmwareParts.Open(pair.NewSide, pair.Name, _members.PayloadBytes);
        foreach (var (before, after) in SortedJoin.Join(old.All, @new.All, static (x, y) => PathOrder.Compare(x.Name, y.Name)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            CompareParts(before, after, sink);
        }
    }

    private void CompareParts(FirmwarePart? before, FirmwarePart? after, ItemSink sink)
    {
        if (before is null || after is null)
        {
            AddPart(before is null ? ItemGroup.Added : ItemGroup.Removed, (before ?? after)!, sink);
            return;
        }

        if (!_members.IsExhaustive && before.Identity is { } identity && identity == after.Identity)
        {
            return;
        }

        try
        {
            using var old = before.Open();
            using var @new = after.Open();
            _members.Parts.Compare(after.Name, after.Tag, old.Source, @new.Source, sink);
        }
        catch (FirmwareFormatException fault)
        {
            sink.Add(ItemGroup.Unreadable, new ReportItem { Path = after.Name, Reason = fault.Message });
        }
    }

    private void AddOneSided(MemberPair pair, ItemSink sink)
    {
        var group = pair.Old is null ? ItemGroup.Added : ItemGroup.Removed;
        try
        {
            using var parts = FirmwareParts.Open((pair.OldSide ?? pair.NewSide)!, pair.Name, _members.PayloadBytes);
            foreach (var part in parts.All)
            {
                AddPart(group, part, sink);
            }
        }
        catch (FirmwareFormatException fault)
        {
            // It came or went all the same; what it is, the reason says, cannot be told.
            sink.Add(group, new ReportItem { Path = pair.Name, Reason = fault.Message });
        }
    }

    private static void AddPart(ItemGroup group, FirmwarePart part, ItemSink sink)
    {
        try
        {
            using var opened = part.Open();
            sink.Add(group, new ReportItem
            {
                Path = part.Name,
                Counts = new Dictionary<string, long>(StringComparer.Ordinal) { ["size"] = opened.Source.Length },
            });
        }
        catch (FirmwareFormatException fault)
        {
            sink.Add(group, new ReportItem { Path = part.Name, Reason = fault.Message });
        }
    }
}
