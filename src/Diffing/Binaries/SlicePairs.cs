using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries;

/// <summary>Matches the slices of two Mach-O files by architecture.</summary>
internal static class SlicePairs
{
    /// <summary>The slices that are not the same on both sides; one that a side lacks counts as changed.</summary>
    /// <exception cref="FirmwareFormatException">A slice is damaged.</exception>
    public static List<SliceChange> Compare(BinaryComparison comparison, MachOFile before, MachOFile after)
    {
        var changes = new List<SliceChange>();
        var partners = before.Slices.ToList();
        foreach (var slice in after.Slices)
        {
            var index = partners.FindIndex(partner => partner.Arch == slice.Arch);
            if (index < 0)
            {
                changes.Add(new SliceChange { Arch = slice.Arch, New = comparison.Describe(slice), What = ["slices"] });
                continue;
            }

            var change = comparison.Compare(partners[index], slice);
            partners.RemoveAt(index);
            if (change.What.Count > 0)
            {
                changes.Add(change);
            }
        }

        changes.AddRange(partners.Select(slice => new SliceChange { Arch = slice.Arch, Old = comparison.Describe(slice), What = ["slices"] }));
        return changes;
    }
}
