using IpswDiff.Diffing.Inputs;

namespace IpswDiff.Diffing.Pairs;

/// <summary>Which volume of one firmware faces which of the other; at least one side is there.</summary>
/// <param name="Label">Its name in reports, unique among the pairs: the role, with boards behind it where the role has several pairs.</param>
/// <param name="Role">What the volume is for: FileSystem, SystemOS, AppOS and so on.</param>
/// <param name="Boards">The boards that the pair is for, in ordinal order; none where nothing says.</param>
/// <param name="Old">The old one, or null.</param>
/// <param name="New">The new one, or null.</param>
internal sealed record VolumePair(string Label, string Role, IReadOnlyList<string> Boards, InputVolume? Old, InputVolume? New)
{
    /// <summary>Whether the manifests vouch for both images being the same.</summary>
    public bool HaveSameDigest => Old?.Digest is { } digest && digest == New?.Digest;
}
