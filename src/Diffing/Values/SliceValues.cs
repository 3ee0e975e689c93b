using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Values;

/// <summary>
/// Compares what the slices of a Mach-O file say by key. Slices that say the same on both sides are told once, without naming them;
/// otherwise each key path begins with the slices it holds for.
/// </summary>
internal static class SliceValues
{
    /// <summary>What the first part of a key path begins with where it names slices; architectures follow, separated by commas.</summary>
    public const string SlicePrefix = "Slice ";

    /// <summary>The keys whose values differ.</summary>
    /// <param name="old">The old file; null where there is none.</param>
    /// <param name="new">The new file; null where there is none.</param>
    /// <param name="read">Reads what one slice says; null where it says nothing.</param>
    /// <param name="entersOneSided">See <see cref="PlistComparison.Compare"/>.</param>
    /// <exception cref="FirmwareFormatException">A slice is damaged.</exception>
    public static IReadOnlyList<ValueChange> Compare(MachOFile? old, MachOFile? @new, Func<MachOImage, PlistValue?> read, bool entersOneSided = true)
    {
        var before = Read(old, read);
        var after = Read(@new, read);
        if (HoldOne(before) && HoldOne(after))
        {
            return PlistComparison.Compare(before.FirstOrDefault()?.Value, after.FirstOrDefault()?.Value, null, entersOneSided);
        }

        var pairs = Pair(before, after);
        var changes = new List<ValueChange>();
        foreach (var group in pairs.GroupBy(pair => (pair.Old, pair.New)))
        {
            var archs = group.Select(pair => pair.Arch).ToArray();
            string[] prefix = archs.Length == pairs.Count ? [] : [SlicePrefix + string.Join(", ", archs)];
            changes.AddRange(PlistComparison.Compare(group.Key.Old, group.Key.New, prefix, entersOneSided));
        }

        return changes;
    }

    private static Spoken[] Read(MachOFile? file, Func<MachOImage, PlistValue?> read) =>
        [.. (file?.Slices ?? []).Select(slice => new Spoken(slice.Architecture, read(slice)))];

    private static bool HoldOne(Spoken[] slices) => Array.TrueForAll(slices, slice => Equals(slice.Value, slices[0].Value));

    private static List<(string Arch, PlistValue? Old, PlistValue? New)> Pair(Spoken[] old, Spoken[] @new) =>
        ArchitecturePairs.Match(old, @new, static slice => slice.Arch).ConvertAll(static pair => (NameOf(pair.Old?.Arch.Name, pair.New?.Arch.Name), pair.Old?.Value, pair.New?.Value));

    // One whose architecture took the place of another's is named by both.
    private static string NameOf(string? old, string? @new) => old is not null && @new is not null && old != @new ? $"{old} → {@new}" : (@new ?? old)!;

    /// <summary>What a slice says.</summary>
    private sealed record Spoken(CpuArchitecture Arch, PlistValue? Value);
}
