using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Img4;

/// <summary>Image4 restore information: <c>SEQUENCE { "IM4R", SET { BNCN } }</c>, the nonce that a restore boots with.</summary>
public sealed class Im4r : IFormatReader<Im4r>
{
    private const string Magic = "IM4R";
    private const int MaxBodyLength = 1 << 16;

    private Im4r(ByteSource source, long offset)
    {
        var sequence = Img4Sequence.Enter(source, offset, Magic);
        var body = sequence.Next("its body");
        Properties = Img4Properties.Read(body.ReadEncoded(source, MaxBodyLength), body.Offset);
    }

    /// <summary>The properties; <c>BNCN</c> is the nonce.</summary>
    public PlistDictionary Properties { get; }

    /// <summary>Reads restore information.</summary>
    /// <exception cref="FirmwareFormatException">It is no IM4R, or damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static Im4r Open(ByteSource source) => new(source, 0);

    /// <inheritdoc/>
    public static int HeadLength => Img4Head.Length;

    /// <summary>Whether a file that begins with <paramref name="head"/> is restore information.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => Img4Head.Is(head, Img4Kind.Im4r);

    internal static Im4r Open(ByteSource source, long offset) => new(source, offset);
}
