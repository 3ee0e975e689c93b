using IpswDiff.Formats.ImagePatches;
using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Formats.Ota;

/// <summary>An image of a cryptex in an update, nearly always as a patch of another image (or of none).</summary>
public sealed record OtaImage
{
    /// <summary>
    /// What people call it, different for every image of an update: <c>SystemOS</c>, <c>AppOS</c>, <c>RosettaOS</c>.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The file itself.</summary>
    public required IpswMember Member { get; init; }

    /// <summary>The format of the patch: <c>RIDIFF10</c>, <c>BXDIFF50</c>; null when it is an image as it stands.</summary>
    public string? PatchFormat { get; init; }

    /// <summary>Whether it is a patch that can be applied, to its base or to nothing.</summary>
    public bool IsApplicable => PatchFormat == BxdiffPatch.Format;

    /// <summary>Why it cannot be opened; null when it is an image as it stands, or a patch that can be applied.</summary>
    public string? Refusal => PatchFormat is null || IsApplicable ? null
        : $"{Name} is stored as {Path.GetFileName(Member.Name)}, a {PatchFormat} image patch, which is not applied yet; "
            + "patch it (ipsw ota patch) and compare the folders of patched images";
}
