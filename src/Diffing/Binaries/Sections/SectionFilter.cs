using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Sections;

/// <summary>Which sections are compared at all, by exact name <c>SEG.SECT</c>.</summary>
internal sealed class SectionFilter(IReadOnlyList<string> allow, IReadOnlyList<string> block)
{
    private readonly HashSet<string>? _allow = allow.Count == 0 ? null : new HashSet<string>(allow, StringComparer.Ordinal);
    private readonly HashSet<string> _block = new(block, StringComparer.Ordinal);

    /// <summary>Whether sections were named one by one; then they are compared whatever the policy says.</summary>
    public bool IsExplicit => _allow is not null;

    public static string NameOf(MachOSection section) => $"{section.SegmentName}.{section.Name}";

    public MachOSection[] Select(MachOImage image) => [.. image.Sections.Where(section =>
        (_allow is null || _allow.Contains(NameOf(section))) && !_block.Contains(NameOf(section)))];
}
