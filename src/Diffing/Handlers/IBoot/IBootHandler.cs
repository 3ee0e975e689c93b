using System.Globalization;
using IpswDiff.Diffing.Binaries.Sections;
using IpswDiff.Diffing.Handlers.Firmware;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.IBoot;

namespace IpswDiff.Diffing.Handlers.IBoot;

/// <summary>
/// The stages of the boot chain (iBoot, iBSS, iBEC, LLB) of every board: version and strings of the image, and the compressed payloads
/// inside it one by one.
/// </summary>
internal sealed class IBootHandler : IMemberHandler
{
    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("IBoot")
    {
        Heading = "iBoot",
        FactColumns = [VersionFact],
        Subject = "boot stages",
    };

    /// <summary>Fact: the version of a stage.</summary>
    public const string VersionFact = "Version";

    // What accompanies a stage is in no form of its own.
    private static readonly string[] DataTags = ["ibdt", "ibtt", "ibd1", "ibt1"];

    private readonly MemberComparison _members;

    /// <summary>Makes the handler with the options of a run.</summary>
    public IBootHandler(DiffOptions options) => _members = new MemberComparison(options);

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public void Compare(MemberPair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        if (!_members.IsToCompare(pair, sink, FirmwareMembers.IsBootStage))
        {
            return;
        }

        if (pair.OldSide is null || pair.NewSide is null)
        {
            AddOneSided(pair, sink);
            return;
        }

        using var old = Unpack(pair.OldSide);
        using var @new = Unpack(pair.NewSide);
        if (IsData(pair.OldSide) && IsData(pair.NewSide))
        {
            _members.Parts.Compare(pair.Name, null, old.Source, @new.Source, sink);
            return;
        }

        CompareStages(pair.Name, IBootImage.Open(old.Source), IBootImage.Open(@new.Source), sink);
    }

    private static bool IsData(MemberSide side) => side.Payload() is { } payload && Array.IndexOf(DataTags, payload.Tag) >= 0;

    private OwnedByteSource Unpack(MemberSide side) => side.Payload()?.UnpackPayload(_members.PayloadBytes) ?? new OwnedByteSource(side.Content);

    private void CompareStages(string name, IBootImage old, IBootImage @new, ItemSink sink)
    {
        var values = Values(old, @new);
        var strings = LocatedStrings.Compare(old.ReadStrings(LocatedStrings.MinimumLength), @new.ReadStrings(LocatedStrings.MinimumLength));
        if (old.Source.Length != @new.Source.Length || !SectionContent.AreSame(old.Source, @new.Source))
        {
            sink.AddFact(new SectionFact(VersionFact, BaseName(name), old.Version, @new.Version));
            values.AddRange(PartComparison.Facts(old.Source, @new.Source));
            string[] what =
            [
                .. old.Version == @new.Version ? Array.Empty<string>() : ["version"],
                old.Source.Length == @new.Source.Length ? "content" : "size",
                .. strings is null ? Array.Empty<string>() : ["strings"],
            ];
            var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
            LocatedStrings.Count(strings, counts);
            sink.Add(
                ItemGroup.Changed,
                new ReportItem { Path = name, What = what, Counts = counts },
                new ItemDetails { Path = name, Values = values, Strings = strings });
        }

        ComparePayloads(name, old.ReadPayloads(), @new.ReadPayloads(), sink);
    }

    private static List<ValueChange> Values(IBootImage old, IBootImage @new)
    {
        var values = new List<ValueChange>();
        Add("version", old.Version, @new.Version);
        Add("configuration", old.Configuration, @new.Configuration);
        Add("copyright", old.Copyright, @new.Copyright);
        Add("baseAddress", Hex(old.BaseAddress), Hex(@new.BaseAddress));
        return values;

        void Add(string key, string? before, string? after)
        {
            if (before != after)
            {
                values.Add(new ValueChange([key], Json.OfOptional(before), Json.OfOptional(after)));
            }
        }

        static string? Hex(ulong? address) => address is { } known ? "0x" + known.ToString("x", CultureInfo.InvariantCulture) : null;
    }

    // A payload that stays the same may be counted under another number; the rest go by name.
    private void ComparePayloads(string name, IReadOnlyList<IBootPayload> old, IReadOnlyList<IBootPayload> @new, ItemSink sink)
    {
        var (before, after) = (old.ToList(), @new.ToList());
        foreach (var payload in @new)
        {
            var same = before.Find(other => other.Content.Length == payload.Content.Length && SectionContent.AreSame(other.Content, payload.Content));
            if (same is not null)
            {
                before.Remove(same);
                after.Remove(payload);
            }
        }

        static IEnumerable<IBootPayload> Sorted(IEnumerable<IBootPayload> payloads) => payloads.OrderBy(payload => payload.Name, PathOrder.Instance);
        foreach (var (was, isNow) in SortedJoin.Join(Sorted(before), Sorted(after), static (x, y) => PathOrder.Compare(x.Name, y.Name)))
        {
            var path = $"{name}/{(was ?? isNow)!.Name}";
            if (was is not null && isNow is not null)
            {
                _members.Parts.Compare(path, null, was.Content, isNow.Content, sink);
            }
            else
            {
                sink.Add(was is null ? ItemGroup.Added : ItemGroup.Removed, OneSided(path, (was ?? isNow)!.Content.Length), Listing(path, (was ?? isNow)!, isNow is not null));
            }
        }
    }

    // A payload that came or went is told by its strings, as published reports tell it.
    private static ItemDetails? Listing(string path, IBootPayload payload, bool isNew)
    {
        var none = Array.Empty<FirmwareString>();
        var strings = LocatedStrings.Read(payload.Content);
        var changes = isNew ? LocatedStrings.Compare(none, strings) : LocatedStrings.Compare(strings, none);
        return changes is null ? null : new ItemDetails { Path = path, Strings = changes };
    }

    private void AddOneSided(MemberPair pair, ItemSink sink)
    {
        var group = pair.Old is null ? ItemGroup.Added : ItemGroup.Removed;
        var side = (pair.OldSide ?? pair.NewSide)!;
        try
        {
            using var unpacked = Unpack(side);
            var version = IsData(side) ? null : IBootImage.Open(unpacked.Source).Version;
            if (version is not null)
            {
                sink.AddFact(new SectionFact(VersionFact, BaseName(pair.Name), pair.Old is null ? null : version, pair.New is null ? null : version));
            }

            sink.Add(group, OneSided(pair.Name, unpacked.Source.Length));
        }
        catch (FirmwareFormatException fault)
        {
            // It came or went all the same; what it is, the reason says, cannot be told.
            sink.Add(group, new ReportItem { Path = pair.Name, Reason = fault.Message });
        }
    }

    private static ReportItem OneSided(string path, long size) =>
        new() { Path = path, Counts = new Dictionary<string, long>(StringComparer.Ordinal) { ["size"] = size } };

    private static string BaseName(string name) => name[(name.LastIndexOf('/') + 1)..];
}
