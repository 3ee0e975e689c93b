using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Inputs;

/// <summary>
/// All that opening a firmware found out, without its contents: with them from elsewhere it is the same input again.
/// </summary>
internal sealed record InputFacts
{
    /// <summary>What the report says of this side.</summary>
    public required FirmwareInfo Info { get; init; }

    /// <summary>The volumes.</summary>
    public required IReadOnlyList<VolumeFacts> Volumes { get; init; }

    /// <summary>The members of the archive that are no volumes, in path order.</summary>
    public required IReadOnlyList<MemberFacts> Members { get; init; }

    /// <summary>The kernelcaches, in the manifest's order.</summary>
    public required IReadOnlyList<KernelcacheFacts> Kernelcaches { get; init; }
}

/// <summary>What is known of a volume before it is opened.</summary>
/// <param name="Label">Its name in reports.</param>
/// <param name="Source">The image it lies in.</param>
/// <param name="Digest">The image's digest from the manifest, or null.</param>
/// <param name="Refusal">Why it cannot be opened, where that is known beforehand; else null.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Boards">The boards that install it.</param>
internal sealed record VolumeFacts(string Label, string Source, string? Digest, string? Refusal, string Role, IReadOnlyList<string> Boards);

/// <summary>What an archive says of a member; see <see cref="InputMember"/>.</summary>
internal sealed record MemberFacts(string Name, long Size, uint? Crc32, int? Mode, bool IsListed, IReadOnlyList<string> Boards);

/// <summary>What is known of a kernelcache before it is opened; see <see cref="InputKernelcache"/>.</summary>
internal sealed record KernelcacheFacts(string Path, IReadOnlyList<string> Boards, string? Digest, long Size);
