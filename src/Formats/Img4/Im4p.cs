using System.Formats.Asn1;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img3;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Img4;

/// <summary>
/// An Image4 payload: <c>SEQUENCE { "IM4P", type, version, OCTET STRING payload, [OCTET STRING keybags],
/// [SEQUENCE { algorithm, size }], [[0] properties] }</c>. The payload stays where it is until it is decoded.
/// </summary>
public sealed class Im4p : IFormatReader<Im4p>
{
    private const string Magic = "IM4P";
    private const int MaxVersionLength = 1 << 16;
    private const int MaxKeybagLength = 1 << 16;
    private const int MaxPropertiesLength = 4 << 20;

    private readonly List<FirmwareFormatException> _faults = [];

    private Im4p(ByteSource source, long offset)
    {
        var sequence = Img4Sequence.Enter(source, offset, Magic);
        Tag = sequence.Next("its type").ReadText(source, 16);
        Version = sequence.Next("its version").ReadText(source, MaxVersionLength);
        var payload = sequence.Next("its payload");
        if (!payload.IsUniversal(UniversalTagNumber.OctetString) || payload.Tag.IsConstructed)
        {
            throw DerElement.Fault(payload.Offset, $"the payload is no OCTET STRING but {payload.Tag}");
        }

        Payload = source.Slice(payload.ContentOffset, payload.Length);
        PayloadOffset = payload.ContentOffset;
        Keybags = [];
        Properties = PlistDictionary.Empty;
        while (!sequence.IsAtEnd)
        {
            var element = sequence.Next("the end");
            try
            {
                ReadOptional(source, element);
            }
            catch (FirmwareFormatException fault)
            {
                _faults.Add(fault);
            }
        }

        Compression = DeclaredCompression ?? Im4pPayload.Recognise(Payload);
    }

    // The container before Image4: what it says is told in the same words.
    private Im4p(Img3File img3)
    {
        Format = Img3File.Format;
        Tag = img3.Ident;
        Version = img3.Version;
        Payload = img3.OpenTag(img3.Payload);
        PayloadOffset = img3.Payload.Offset;
        Keybags = [.. img3.Keybags.Select(static bag => new Im4pKeybag(bag.State, bag.Iv.ToArray(), bag.Key.ToArray()))];
        Properties = PlistDictionary.Empty;
        Compression = Im4pPayload.Recognise(Payload);
    }

    /// <summary>What the payload is for, four characters: <c>krnl</c>, <c>ibot</c>, <c>sepi</c>, <c>dtre</c> and so on.</summary>
    public string Tag { get; }

    /// <summary>The text beside it, often the version of the tool that made it.</summary>
    public string Version { get; }

    /// <summary>The bytes as they are in the file, compressed or encrypted or neither.</summary>
    public ByteSource Payload { get; }

    /// <summary>The compression the file declares; null when it declares none, which is not to say that there is none.</summary>
    public Im4pCompression? DeclaredCompression { get; private set; }

    /// <summary>The size after decompression that the file declares, in bytes.</summary>
    public long? DeclaredSize { get; private set; }

    /// <summary>The compression in use: as declared, else by the payload's first bytes (<c>bvx2</c>, <c>complzss</c>).</summary>
    public Im4pCompression Compression { get; }

    /// <summary>The keybags, empty for payloads in the clear.</summary>
    public IReadOnlyList<Im4pKeybag> Keybags { get; private set; }

    /// <summary>Whether the payload is encrypted, so that it cannot be decoded.</summary>
    public bool IsEncrypted => Keybags.Count > 0;

    /// <summary>The payload's own properties (<c>PAYP</c>); empty where there are none.</summary>
    public PlistDictionary Properties { get; private set; }

    /// <summary>
    /// What is damaged or unknown of what stands behind the payload, which is described without it; a payload with such a fault is not opened.
    /// </summary>
    public IReadOnlyList<FirmwareFormatException> Faults => _faults;

    /// <summary>Reads the structure of a payload file; of the payload itself only its first bytes.</summary>
    /// <exception cref="FirmwareFormatException">It is no IM4P, or damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static Im4p Open(ByteSource source) => new(source, 0);

    /// <inheritdoc/>
    public static int HeadLength => Img4Head.Length;

    /// <summary>Whether a file that begins with <paramref name="head"/> is a payload file.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => Img4Head.Is(head, Img4Kind.Im4p);

    /// <summary>
    /// The payload decompressed; in place when it is not compressed, else in memory. What a compressed payload claims to be is
    /// allocated only up to <paramref name="maxBytes"/>.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The payload is encrypted, damaged, or larger than <paramref name="maxBytes"/> when decompressed.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public ByteSource OpenPayload(int maxBytes = Im4pPayload.DefaultMaxBytes) => Im4pPayload.Decode(this, maxBytes);

    /// <summary>
    /// The payload decompressed: in place when it is not compressed, in memory up to <paramref name="memoryLimit"/>, and beyond that in a
    /// temporary file that vanishes when the result is disposed. It is then decoded piece by piece and never held as a whole.
    /// </summary>
    /// <param name="memoryLimit">What a decompressed payload may take in memory, in bytes.</param>
    /// <param name="temporaryFolder">Where temporary files go; the system's folder for them where null.</param>
    /// <param name="maxBytes">What it may decompress to at all.</param>
    /// <exception cref="FirmwareFormatException">The payload is encrypted, damaged, or larger than <paramref name="maxBytes"/> when decompressed.</exception>
    /// <exception cref="IOException">The storage underneath or the temporary folder failed.</exception>
    public OwnedByteSource UnpackPayload(long memoryLimit, string? temporaryFolder = null, int maxBytes = Im4pPayload.DefaultMaxBytes) =>
        Im4pPayload.Unpack(this, memoryLimit, temporaryFolder ?? Path.GetTempPath(), maxBytes);

    internal static Im4p Open(ByteSource source, long offset) => new(source, offset);

    /// <summary>The container's format in messages.</summary>
    internal string Format { get; } = DerElement.Format;

    /// <summary>Where the payload lies in the source that the file was opened from.</summary>
    internal long PayloadOffset { get; }

    /// <summary>Where the element with the keybags lies; negative where there is none.</summary>
    internal long KeybagOffset { get; private set; } = -1;

    /// <summary>
    /// Whether the payload is no noise, as decryption with another key makes it: it is compressed, a Mach-O or a picture, or its first bytes
    /// are not of all values alike. A kernel must be one of the first two.
    /// </summary>
    internal bool LooksDecoded
    {
        get
        {
            Span<byte> buffer = stackalloc byte[Im4pPayload.NoiseProbe];
            ReadOnlySpan<byte> head = buffer[..Payload.ReadUpTo(0, buffer)];
            return Compression != Im4pCompression.None
                || (head.Length >= 4 && System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(head) is 0xFEEDFACE or 0xFEEDFACF)
                || (Tag is not ("krnl" or "rkrn") && (head.StartsWith("iBootIm"u8) || !Im4pPayload.IsNoise(head)));
        }
    }

    /// <summary>What an IMG3 container holds.</summary>
    internal static Im4p Of(Img3File img3) => new(img3);

    // What may follow the payload is told apart by its tag alone.
    private void ReadOptional(ByteSource source, DerElement element)
    {
        if (element.IsUniversal(UniversalTagNumber.OctetString))
        {
            Keybags = ReadKeybags(source, element);
            KeybagOffset = element.Offset;
        }
        else if (element.IsUniversal(UniversalTagNumber.Sequence))
        {
            ReadCompression(source, element);
        }
        else if (element.IsContext(0))
        {
            var properties = Img4Sequence.Enter(source, element.ContentOffset, "PAYP");
            var set = properties.Next("its properties");
            Properties = Img4Properties.Read(set.ReadEncoded(source, MaxPropertiesLength), set.Offset);
        }
    }

    private void ReadCompression(ByteSource source, DerElement element)
    {
        try
        {
            var reader = new AsnReader(element.ReadEncoded(source, 64), AsnEncodingRules.DER).ReadSequence();
            if (!reader.TryReadInt32(out var algorithm) || !reader.TryReadInt64(out var size) || algorithm is not (0 or 1) || size < 0)
            {
                throw DerElement.Fault(element.Offset, $"an unknown compression: algorithm {algorithm} (0 is LZSS, 1 LZFSE)");
            }

            DeclaredCompression = algorithm == 0 ? Im4pCompression.Lzss : Im4pCompression.Lzfse;
            DeclaredSize = size;
        }
        catch (AsnContentException fault)
        {
            throw new FirmwareFormatException(DerElement.Format, element.Offset, "the declaration of the compression is damaged", fault);
        }
    }

    private static List<Im4pKeybag> ReadKeybags(ByteSource source, DerElement element)
    {
        try
        {
            var content = new AsnReader(element.ReadEncoded(source, MaxKeybagLength), AsnEncodingRules.DER).ReadOctetString();
            var bags = new AsnReader(content, AsnEncodingRules.DER).ReadSequence();
            var keybags = new List<Im4pKeybag>();
            while (bags.HasData)
            {
                var bag = bags.ReadSequence();
                if (!bag.TryReadInt32(out var type))
                {
                    throw DerElement.Fault(element.Offset, "the type of a keybag is out of range");
                }

                keybags.Add(new Im4pKeybag(type, bag.ReadOctetString(), bag.ReadOctetString()));
            }

            return keybags;
        }
        catch (AsnContentException fault)
        {
            throw new FirmwareFormatException(DerElement.Format, element.Offset, "the keybags are damaged", fault);
        }
    }
}
