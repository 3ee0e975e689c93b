using IpswDiff.Diffing.Binaries.Sections;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Pairs;

/// <summary>One path of a volume in both firmwares; at least one side is there. Used by one worker at a time.</summary>
internal sealed class FilePair
{
    private bool _compared;
    private string? _proof;

    /// <summary>Pairs two sides.</summary>
    /// <param name="volume">The volume's label.</param>
    /// <param name="path">The path within it.</param>
    /// <param name="old">The old side, or null.</param>
    /// <param name="new">The new side, or null.</param>
    public FilePair(string volume, string path, FileSide? old, FileSide? @new)
    {
        Volume = volume;
        Path = path;
        Old = old;
        New = @new;
    }

    /// <summary>The volume's label.</summary>
    public string Volume { get; }

    /// <summary>The path within the volume.</summary>
    public string Path { get; }

    /// <summary>The old side, or null.</summary>
    public FileSide? Old { get; }

    /// <summary>The new side, or null.</summary>
    public FileSide? New { get; }

    /// <summary>
    /// What proves that both sides are files with the same contents, or null where they are not: a hash that the file system keeps,
    /// or else the bytes themselves. Found out once, whichever handler asks first.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A side cannot be read.</exception>
    public string? ProofOfEqualContents()
    {
        if (!_compared)
        {
            _proof = FindProof();
            _compared = true;
        }

        return _proof;
    }

    /// <summary>The same proof where it takes no reading: a hash that the file system keeps, or what another handler found out; else null.</summary>
    /// <exception cref="FirmwareFormatException">A side cannot be read.</exception>
    public string? ProofAtHand() =>
        _compared || (Old?.Entry.ContentHash is not null && New?.Entry.ContentHash is not null) ? ProofOfEqualContents() : null;

    private string? FindProof()
    {
        if (Old is not { Entry.Kind: FileKind.File } before || New is not { Entry.Kind: FileKind.File } after || before.Entry.Size != after.Entry.Size)
        {
            return null;
        }

        if (before.Entry.ContentHash is { } hash && after.Entry.ContentHash is { } other)
        {
            return hash == other ? "content hash" : null;
        }

        // Whoever unpacked both has read the bytes.
        if (before.Entry.Digest is { } digest && after.Entry.Digest is { } counterpart)
        {
            return digest == counterpart ? "bytes" : null;
        }

        return before.Entry.Size == 0 || (before.Head.SequenceEqual(after.Head) && SectionContent.AreSame(before.Content, after.Content)) ? "bytes" : null;
    }
}
