using System.Formats.Asn1;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Img4;

/// <summary>
/// An Image4 manifest: <c>SEQUENCE { "IM4M", version, SET { MANB }, signature, certificates }</c>. Within <c>MANB</c> stand the
/// device's properties (<c>MANP</c>) and those of every image that may be booted with it, by type.
/// </summary>
public sealed class Im4m : IFormatReader<Im4m>
{
    private const string Magic = "IM4M";
    private const int MaxBodyLength = 4 << 20;
    private const int MaxSignatureLength = 1 << 16;

    private Im4m(ByteSource source, long offset)
    {
        var sequence = Img4Sequence.Enter(source, offset, Magic);
        var version = sequence.Next("its version");
        var body = sequence.Next("its body");
        Version = ReadVersion(source, version);
        var manb = Img4Properties.Read(body.ReadEncoded(source, MaxBodyLength), body.Offset).Dictionary("MANB")
            ?? throw DerElement.Fault(body.Offset, "the manifest has no body (MANB)");
        Properties = manb.Dictionary("MANP") ?? PlistDictionary.Empty;
        Objects = new PlistDictionary(manb.Where(static entry => entry.Key != "MANP"));
        if (!sequence.IsAtEnd)
        {
            var signature = sequence.Next("its signature");
            Signature = signature.IsUniversal(UniversalTagNumber.OctetString) && signature.Length <= MaxSignatureLength
                ? source.ReadBytes(signature.ContentOffset, (int)signature.Length)
                : throw DerElement.Fault(signature.Offset, "the signature is no OCTET STRING, or too long");
        }
    }

    /// <summary>The version of the structure, 0.</summary>
    public int Version { get; }

    /// <summary>The device's properties: <c>BORD</c>, <c>CHIP</c>, <c>ECID</c>, <c>BNCH</c> and so on.</summary>
    public PlistDictionary Properties { get; }

    /// <summary>Dictionaries of properties (<c>DGST</c>, <c>EKEY</c>, <c>EPRO</c>, <c>ESEC</c>) by image type.</summary>
    public PlistDictionary Objects { get; }

    /// <summary>The signature, which is not verified here; empty when the manifest is not signed.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="FirmwareFormatException">It is no IM4M, or damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static Im4m Open(ByteSource source) => new(source, 0);

    /// <inheritdoc/>
    public static int HeadLength => Img4Head.Length;

    /// <summary>Whether a file that begins with <paramref name="head"/> is a manifest.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => Img4Head.Is(head, Img4Kind.Im4m);

    internal static Im4m Open(ByteSource source, long offset) => new(source, offset);

    private static int ReadVersion(ByteSource source, DerElement element)
    {
        try
        {
            return new AsnReader(element.ReadEncoded(source, 16), AsnEncodingRules.DER).TryReadInt32(out var version)
                ? version
                : throw DerElement.Fault(element.Offset, "the version is out of range");
        }
        catch (AsnContentException fault)
        {
            throw new FirmwareFormatException(DerElement.Format, element.Offset, "the version is no integer", fault);
        }
    }
}
