using IpswDiff.Diffing.Binaries.Sections;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries;

/// <summary>
/// Matches the members of two static libraries by architecture and name. A member is told as a slice is, under <c>arch(name)</c>; one that
/// is no Mach-O (bitcode, say) as if it were a single section.
/// </summary>
internal static class LibraryMembers
{
    private const string Contents = "contents";

    /// <summary>The members that are not the same on both sides; one that a side lacks counts as changed.</summary>
    /// <exception cref="FirmwareFormatException">A member is damaged.</exception>
    public static List<SliceChange> Compare(BinaryComparison comparison, StaticLibrary before, StaticLibrary after)
    {
        var changes = new List<SliceChange>();
        var (old, @new) = (MembersOf(before), MembersOf(after));
        foreach (var (name, member) in @new)
        {
            var change = old.Remove(name, out var partner)
                ? Compare(comparison, name, partner, member)
                : new SliceChange { Arch = name, New = Describe(comparison, member), What = ["slices"] };
            if (change.What.Count > 0)
            {
                changes.Add(change);
            }
        }

        changes.AddRange(old.Select(gone => new SliceChange { Arch = gone.Key, Old = Describe(comparison, gone.Value), What = ["slices"] }));
        return changes;
    }

    // Names within a volume are unique, and a library may have two archives for one processor name.
    private static OrderedDictionary<string, ByteSource> MembersOf(StaticLibrary library)
    {
        var members = new OrderedDictionary<string, ByteSource>(StringComparer.Ordinal);
        foreach (var slice in library.Slices)
        {
            var volume = new ArVolume(slice.Archive, slice.Arch);
            foreach (var entry in volume.Walk().Where(static entry => entry.Path != "/"))
            {
                var name = $"{slice.Arch}({entry.Path[1..]})";
                for (var number = 2; !members.TryAdd(name, volume.Open(entry)); number++)
                {
                    name = $"{slice.Arch} {number}({entry.Path[1..]})";
                }
            }
        }

        return members;
    }

    private static SliceChange Compare(BinaryComparison comparison, string name, ByteSource old, ByteSource @new)
    {
        if (MachOFile.TryOpen(old, out var before) && MachOFile.TryOpen(@new, out var after) && before is { Slices: [var left] } && after is { Slices: [var right] })
        {
            return comparison.Compare(left, right) with { Arch = name };
        }

        var isSameSize = old.Length == @new.Length;
        var isSame = isSameSize && SectionContent.AreSame(old, @new);
        return new SliceChange
        {
            Arch = name,
            Old = Describe(comparison, old),
            New = Describe(comparison, @new),
            SameSizeSections = isSameSize && !isSame ? [new ChangedSection(Contents, IsCode: false)] : [],
            What = isSame ? [] : isSameSize ? ["content"] : ["sections"],
        };
    }

    private static BinarySummary Describe(BinaryComparison comparison, ByteSource member) =>
        MachOFile.TryOpen(member, out var file) && file is { Slices: [var image] }
            ? comparison.Describe(image)
            : new BinarySummary { Sections = [new SectionSize(Contents, (ulong)member.Length)], Dylibs = [] };
}
