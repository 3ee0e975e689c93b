using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries;

/// <summary>Matches the slices of two Mach-O files by architecture, and one whose architecture was succeeded with its successor.</summary>
internal static class SlicePairs
{
    /// <summary>The slices that are not the same on both sides; one that a side lacks counts as changed.</summary>
    /// <exception cref="FirmwareFormatException">A slice is damaged.</exception>
    public static List<SliceChange> Compare(BinaryComparison comparison, MachOFile before, MachOFile after)
    {
        var changes = new List<SliceChange>();
        foreach (var (old, @new) in ArchitecturePairs.Match(before.Slices, after.Slices, static slice => slice.Architecture))
        {
            var change = (old, @new) switch
            {
                (null, { } added) => new SliceChange { Arch = added.Arch, New = comparison.Describe(added), What = ["slices"] },
                ({ } removed, null) => new SliceChange { Arch = removed.Arch, Old = comparison.Describe(removed), What = ["slices"] },
                _ => CompareBoth(comparison, old!, @new!),
            };
            if (change.What.Count > 0)
            {
                changes.Add(change);
            }
        }

        return changes;
    }

    private static SliceChange CompareBoth(BinaryComparison comparison, MachOImage old, MachOImage @new)
    {
        var change = comparison.Compare(old, @new);
        return change.OldArch is null ? change : change with { What = [.. change.What, "architecture"] };
    }
}
