using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img4;

namespace IpswDiff.Diffing.Pairs;

/// <summary>
/// One side of a pair of members. Contents and the structure of an Image4 file are opened once, on demand, whichever handler asks
/// first. Used by one worker at a time.
/// </summary>
internal sealed class MemberSide(InputMember member) : IDisposable
{
    private OwnedByteSource? _content;
    private Lazy<Im4p?>? _payload;

    /// <summary>What the archive says of it.</summary>
    public InputMember Member { get; } = member;

    /// <summary>The contents.</summary>
    /// <exception cref="FirmwareFormatException">The archive is damaged.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public ByteSource Content => (_content ??= Member.Open()).Source;

    /// <summary>The payload of an Image4 file, not decoded; null for any other file.</summary>
    /// <exception cref="FirmwareFormatException">The file begins like an Image4 file and is damaged.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public Im4p? Payload() => (_payload ??= new Lazy<Im4p?>(ReadPayload)).Value;

    /// <summary>Closes what was opened.</summary>
    public void Dispose() => _content?.Dispose();

    private Im4p? ReadPayload()
    {
        Span<byte> prefix = stackalloc byte[Img4File.HeadLength];
        return Img4File.TryDetect(prefix[..Content.ReadUpTo(0, prefix)], out _) ? Img4File.Open(Content).Payload : null;
    }
}
