using System.Formats.Asn1;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img3;

namespace IpswDiff.Formats.Img4;

/// <summary>
/// Any Image4 file. A whole one is <c>SEQUENCE { "IMG4", IM4P, [0] IM4M, [1] IM4R }</c>; a payload, a manifest or restore
/// information may also stand alone. An IMG3 container, the form before Image4, is opened as a payload that stands alone.
/// Facts: "IMG4 File Format" of The Apple Wiki; DER is ITU-T X.690.
/// </summary>
public sealed class Img4File : IFormatReader<Img4File>
{
    private const string Magic = "IMG4";

    private Img4File(Img4Kind kind) => Kind = kind;

    /// <inheritdoc/>
    public static int HeadLength => Img4Head.Length;

    /// <summary>What the file is.</summary>
    public Img4Kind Kind { get; }

    /// <summary>The payload; null in files without one.</summary>
    public Im4p? Payload { get; private set; }

    /// <summary>The manifest; null in files without one.</summary>
    public Im4m? Manifest { get; private set; }

    /// <summary>The restore information; null in files without it.</summary>
    public Im4r? RestoreInfo { get; private set; }

    /// <summary>The container before Image4 that this is; null for Image4 files.</summary>
    public Img3File? Img3 { get; private set; }

    /// <summary>Opens a file of any kind.</summary>
    /// <exception cref="FirmwareFormatException">It is no Image4 file, or damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static Img4File Open(ByteSource source)
    {
        Span<byte> prefix = stackalloc byte[HeadLength];
        if (!TryDetect(prefix[..source.ReadUpTo(0, prefix)], out var kind))
        {
            throw DerElement.Fault(0, "this is no Image4 file: none of IM4P, IM4M, IM4R, IMG4 and Img3 stands at its beginning");
        }

        return kind switch
        {
            Img4Kind.Im4p => new Img4File(kind) { Payload = Im4p.Open(source) },
            Img4Kind.Im4m => new Img4File(kind) { Manifest = Im4m.Open(source) },
            Img4Kind.Img3 => OpenImg3(source),
            Img4Kind.Im4r => new Img4File(kind) { RestoreInfo = Im4r.Open(source) },
            _ => OpenWhole(source, null),
        };
    }

    /// <summary>
    /// Opens a file of any kind as far as it can be read: of an IMG4, a damaged payload, manifest or restore information leaves the others,
    /// and <paramref name="unreadable"/> is told which it was.
    /// </summary>
    /// <exception cref="FirmwareFormatException">It is no Image4 file, or all of it is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static Img4File OpenReadable(ByteSource source, Action<string, FirmwareFormatException> unreadable)
    {
        Span<byte> prefix = stackalloc byte[HeadLength];
        return TryDetect(prefix[..source.ReadUpTo(0, prefix)], out var kind) && kind == Img4Kind.Img4 ? OpenWhole(source, unreadable) : Open(source);
    }

    /// <summary>Whether a file that begins with <paramref name="head"/> is an Image4 file of any kind.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => TryDetect(head, out _);

    /// <summary>Whether a file that begins with <paramref name="prefix"/> (<see cref="HeadLength"/> bytes will do) is an Image4 file, and which.</summary>
    public static bool TryDetect(ReadOnlySpan<byte> prefix, out Img4Kind kind) => Img4Head.TryDetect(prefix, out kind);

    private static Img4File OpenImg3(ByteSource source)
    {
        var img3 = Img3File.Open(source);
        return new Img4File(Img4Kind.Img3) { Img3 = img3, Payload = Im4p.Of(img3) };
    }

    private static Img4File OpenWhole(ByteSource source, Action<string, FirmwareFormatException>? unreadable)
    {
        var file = new Img4File(Img4Kind.Img4);
        var sequence = Img4Sequence.Enter(source, 0, Magic);
        while (!sequence.IsAtEnd)
        {
            var element = sequence.Next("the end");
            try
            {
                file.ReadPart(source, element);
            }
            catch (FirmwareFormatException fault) when (unreadable is not null)
            {
                unreadable(element.IsContext(0) ? "manifest" : element.IsContext(1) ? "restore information" : "payload", fault);
            }
        }

        return file;
    }

    private void ReadPart(ByteSource source, DerElement element)
    {
        if (element.IsUniversal(UniversalTagNumber.Sequence))
        {
            Payload = Im4p.Open(source, element.Offset);
        }
        else if (element.IsContext(0))
        {
            Manifest = Im4m.Open(source, element.ContentOffset);
        }
        else if (element.IsContext(1))
        {
            RestoreInfo = Im4r.Open(source, element.ContentOffset);
        }
    }
}
