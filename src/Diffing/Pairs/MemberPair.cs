using IpswDiff.Diffing.Binaries.Sections;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Pairs;

/// <summary>One member name in both archives; at least one side is there. Used by one worker at a time.</summary>
/// <param name="name">The member's name.</param>
/// <param name="old">The old side, or null.</param>
/// <param name="new">The new side, or null.</param>
internal sealed class MemberPair(string name, InputMember? old, InputMember? @new) : IDisposable
{
    private (bool Asked, string? Proof) _proof;

    /// <summary>The member's name.</summary>
    public string Name { get; } = name;

    /// <summary>The old side, or null.</summary>
    public InputMember? Old { get; } = old;

    /// <summary>The new side, or null.</summary>
    public InputMember? New { get; } = @new;

    /// <summary>The contents of the old side, or null.</summary>
    public MemberSide? OldSide { get; } = old is null ? null : new MemberSide(old);

    /// <summary>The contents of the new side, or null.</summary>
    public MemberSide? NewSide { get; } = @new is null ? null : new MemberSide(@new);

    /// <summary>
    /// What proves that both sides have the same contents, or null where they have not: size and CRC-32 in the archives' directories, or
    /// else the bytes themselves.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A side cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public string? ProofOfEqualContents()
    {
        if (!_proof.Asked)
        {
            _proof = (true, FindProof());
        }

        return _proof.Proof;
    }

    /// <summary>Closes what was opened.</summary>
    public void Dispose()
    {
        OldSide?.Dispose();
        NewSide?.Dispose();
    }

    private string? FindProof()
    {
        if (Old is null || New is null || Old.Size != New.Size)
        {
            return null;
        }

        return Old.Crc32 is { } crc && New.Crc32 is { } other
            ? crc == other ? "crc32" : null
            : SectionContent.AreSame(OldSide!.Content, NewSide!.Content) ? "bytes" : null;
    }
}
