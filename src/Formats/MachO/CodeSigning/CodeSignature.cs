using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.MachO.CodeSigning;

/// <summary>
/// An embedded code signature (LC_CODE_SIGNATURE): a super blob of code directories, requirements, entitlements and a CMS signature.
/// Facts: XNU's <c>osfmk/kern/cs_blobs.h</c> and <c>bsd/kern/ubc_subr.c</c>. All fields are big endian. Opening reads the index and
/// the code directories' headers; nothing is verified.
/// </summary>
public sealed class CodeSignature
{
    private const int HeaderSize = 12;
    private const int IndexEntrySize = 8;
    private const int BlobHeaderSize = 8;
    private const int MaxBlobs = 1024;
    private const int MaxBlobRead = 16 << 20;

    private readonly ByteSource _source;

    private CodeSignature(ByteSource source, SignatureBlob[] blobs)
    {
        _source = source;
        Blobs = blobs;
        var directories = new List<CodeDirectory>();
        foreach (var blob in blobs)
        {
            if (IsCodeDirectory(blob))
            {
                directories.Add(CodeDirectory.Open(source.Slice(blob.Offset, blob.Length), blob.Offset));
            }
        }

        CodeDirectories = directories;
        Preferred = directories.MaxBy(static directory => directory.Rank);
    }

    /// <summary>Every blob in the order of the index.</summary>
    public IReadOnlyList<SignatureBlob> Blobs { get; }

    /// <summary>Every code directory in the order of the index.</summary>
    public IReadOnlyList<CodeDirectory> CodeDirectories { get; }

    /// <summary>
    /// The code directory that the kernel would take: the one with the highest-ranked hash (SHA-384, SHA-256, truncated SHA-256, SHA-1),
    /// the first of equals; null in a signature without any.
    /// </summary>
    public CodeDirectory? Preferred { get; }

    /// <summary>Hash of <see cref="Preferred"/>: 40 lower-case hexadecimal digits, or null.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public string? CdHash => Preferred?.CdHash;

    /// <summary>Identifier of <see cref="Preferred"/>, or null.</summary>
    public string? Identifier => Preferred?.Identifier;

    /// <summary>Team of <see cref="Preferred"/>, or null.</summary>
    public string? TeamId => Preferred?.TeamId;

    /// <summary>
    /// Opens the data of LC_CODE_SIGNATURE. A range that was left empty (all zeros, as in images that were stripped of their
    /// signature) has none.
    /// </summary>
    /// <returns>The signature, or null for an empty range.</returns>
    /// <exception cref="FirmwareFormatException">The super blob, its index or a code directory is damaged.</exception>
    public static CodeSignature? Open(ByteSource source)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        header.Clear();
        var known = source.ReadUpTo(0, header);
        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (!header.ContainsAnyExcept((byte)0))
        {
            return null;
        }

        if (known < HeaderSize)
        {
            throw CodeSignatureFormat.Fault(0, $"{known} bytes are too few for a signature");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (length > source.Length)
        {
            throw CodeSignatureFormat.Fault(4, $"a signature of 0x{length:x} bytes does not fit in the 0x{source.Length:x} set aside for it");
        }

        return magic switch
        {
            // Before super blobs a lone code directory would do; the kernel still takes one.
            CodeSignatureFormat.MagicCodeDirectory => new CodeSignature(source, [new SignatureBlob(CodeSlot.CodeDirectory, magic, 0, length)]),
            CodeSignatureFormat.MagicEmbeddedSignature =>
                new CodeSignature(source, ReadIndex(source, length, BinaryPrimitives.ReadUInt32BigEndian(header[8..]))),
            _ => throw CodeSignatureFormat.Fault(0, $"magic 0x{magic:x8} is not that of an embedded signature"),
        };
    }

    /// <summary>The first blob of <paramref name="slot"/>, or null.</summary>
    public SignatureBlob? Find(CodeSlot slot)
    {
        foreach (var blob in Blobs)
        {
            if (blob.Slot == slot)
            {
                return blob;
            }
        }

        return null;
    }

    /// <summary>The whole blob, its header included.</summary>
    public ByteSource OpenBlob(SignatureBlob blob) => _source.Slice(blob.Offset, blob.Length);

    /// <summary>Entitlements as an XML property list without the blob's header, or null.</summary>
    /// <exception cref="FirmwareFormatException">The blob has another magic or more than 16 MiB.</exception>
    public byte[]? ReadEntitlementsXml() => ReadPayload(CodeSlot.Entitlements, CodeSignatureFormat.MagicEntitlements);

    /// <summary>Entitlements in DER without the blob's header, or null.</summary>
    /// <exception cref="FirmwareFormatException">The blob has another magic or more than 16 MiB.</exception>
    public byte[]? ReadEntitlementsDer() => ReadPayload(CodeSlot.DerEntitlements, CodeSignatureFormat.MagicDerEntitlements);

    /// <summary>
    /// Entitlements as values: those of the XML blob, or of the DER blob where there is no XML (or an empty one); null without any.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The blob or what it holds is damaged.</exception>
    public PlistDictionary? ReadEntitlements()
    {
        var xml = ReadEntitlementsXml().AsMemory().TrimEnd("\0\n\r\t "u8);
        if (!xml.IsEmpty)
        {
            return PropertyList.ParseDictionary(xml);
        }

        return ReadEntitlementsDer() is { Length: > 0 } der ? DerEntitlements.Decode(der) : null;
    }

    /// <summary>The requirements blob as it is, header included, or null.</summary>
    /// <exception cref="FirmwareFormatException">The blob has more than 16 MiB.</exception>
    public byte[]? ReadRequirements() => Find(CodeSlot.Requirements) is { } blob ? ReadWhole(blob) : null;

    /// <summary>
    /// A launch constraint (<see cref="CodeSlot.LaunchConstraintSelf"/> to <see cref="CodeSlot.LibraryConstraint"/>) in DER without the
    /// blob's header, or null.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The blob has another magic or more than 16 MiB.</exception>
    public byte[]? ReadLaunchConstraint(CodeSlot slot) => ReadPayload(slot, CodeSignatureFormat.MagicLaunchConstraint);

    private static bool IsCodeDirectory(SignatureBlob blob) =>
        blob.Slot == CodeSlot.CodeDirectory
        || blob.Slot - CodeSlot.AlternateCodeDirectories < CodeSignatureFormat.MaxAlternateCodeDirectories;

    private static SignatureBlob[] ReadIndex(ByteSource source, uint length, uint count)
    {
        if (count > MaxBlobs || count > (length - Math.Min(length, HeaderSize)) / IndexEntrySize)
        {
            throw CodeSignatureFormat.Fault(8, $"{count} blobs do not fit in a signature of 0x{length:x} bytes");
        }

        var index = source.ReadBytes(HeaderSize, (int)count * IndexEntrySize);
        var reader = new SpanReader(index, CodeSignatureFormat.Name, HeaderSize, bigEndian: true);
        var blobs = new SignatureBlob[count];
        Span<byte> header = stackalloc byte[BlobHeaderSize];
        for (var i = 0; i < blobs.Length; i++)
        {
            var at = reader.Offset;
            var slot = (CodeSlot)reader.ReadUInt32();
            var offset = reader.ReadUInt32();
            if (length < BlobHeaderSize || offset > length - BlobHeaderSize)
            {
                throw CodeSignatureFormat.Fault(at, $"blob {i} ({slot}) at 0x{offset:x} lies outside the signature of 0x{length:x} bytes");
            }

            source.ReadExactly(offset, header);
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
            if (size < BlobHeaderSize || size > length - offset)
            {
                throw CodeSignatureFormat.Fault(offset, $"blob {i} ({slot}) states 0x{size:x} bytes where 0x{length - offset:x} are left");
            }

            blobs[i] = new SignatureBlob(slot, BinaryPrimitives.ReadUInt32BigEndian(header), offset, size);
        }

        return blobs;
    }

    private byte[]? ReadPayload(CodeSlot slot, uint magic)
    {
        if (Find(slot) is not { } blob)
        {
            return null;
        }

        if (blob.Magic != magic)
        {
            throw CodeSignatureFormat.Fault(blob.Offset, $"blob {slot} has magic 0x{blob.Magic:x8} instead of 0x{magic:x8}");
        }

        return ReadWhole(new SignatureBlob(slot, magic, blob.Offset + BlobHeaderSize, blob.Length - BlobHeaderSize));
    }

    private byte[] ReadWhole(SignatureBlob blob) => blob.Length <= MaxBlobRead
        ? _source.ReadBytes(blob.Offset, (int)blob.Length)
        : throw CodeSignatureFormat.Fault(blob.Offset, $"blob {blob.Slot} has {blob.Length} bytes, more than the {MaxBlobRead} that are read");
}
