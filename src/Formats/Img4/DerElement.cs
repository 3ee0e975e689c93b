using System.Formats.Asn1;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Img4;

/// <summary>
/// Where one DER element lies in a source: payloads are hundreds of megabytes, so elements are walked by their headers, and only the
/// small ones are read.
/// </summary>
/// <param name="Tag">The tag.</param>
/// <param name="Offset">The first byte of the header.</param>
/// <param name="ContentOffset">The first byte of the content.</param>
/// <param name="End">The byte after the content.</param>
internal readonly record struct DerElement(Asn1Tag Tag, long Offset, long ContentOffset, long End)
{
    internal const string Format = "Image4";

    // A tag of up to six bytes (private tags are four characters as a number) and a length of up to five.
    private const int MaxHeaderLength = 16;

    internal long Length => End - ContentOffset;

    /// <summary>The element at <paramref name="offset"/>, which must end by <paramref name="limit"/>.</summary>
    internal static DerElement Read(ByteSource source, long offset, long limit)
    {
        Span<byte> header = stackalloc byte[MaxHeaderLength];
        header = header[..source.ReadUpTo(offset, header)];
        if (!Asn1Tag.TryDecode(header, out var tag, out var tagLength))
        {
            throw Fault(offset, "the data ends, or is no DER, where an element is wanted");
        }

        int? length;
        int lengthLength;
        try
        {
            if (!AsnDecoder.TryDecodeLength(header[tagLength..], AsnEncodingRules.DER, out length, out lengthLength))
            {
                throw Fault(offset, "the length of an element is damaged");
            }
        }
        catch (AsnContentException fault)
        {
            throw new FirmwareFormatException(Format, offset, "the length of an element is damaged", fault);
        }

        var content = offset + tagLength + lengthLength;
        if (length is not { } known || known > limit - content)
        {
            throw Fault(offset, $"an element of {length} bytes leaves the data, which ends at 0x{limit:x}");
        }

        return new DerElement(tag, offset, content, content + known);
    }

    /// <summary>Whether this is a text of the kinds that Image4 uses.</summary>
    internal bool IsText => Tag.TagClass == TagClass.Universal
        && (UniversalTagNumber)Tag.TagValue is UniversalTagNumber.IA5String or UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString;

    internal bool IsUniversal(UniversalTagNumber number) => Tag.TagClass == TagClass.Universal && Tag.TagValue == (int)number;

    internal bool IsContext(int number) => Tag.TagClass == TagClass.ContextSpecific && Tag.TagValue == number;

    /// <summary>The content of a text.</summary>
    internal string ReadText(ByteSource source, int maxLength)
    {
        if (!IsText || Length > maxLength)
        {
            throw Fault(Offset, $"a text of at most {maxLength} bytes is wanted, not {Tag} of {Length} bytes");
        }

        return Encoding.UTF8.GetString(source.ReadBytes(ContentOffset, (int)Length));
    }

    /// <summary>The whole element, header included, for a reader of small structures.</summary>
    internal byte[] ReadEncoded(ByteSource source, int maxLength)
    {
        if (End - Offset > maxLength)
        {
            throw Fault(Offset, $"{End - Offset} bytes, more than the {maxLength} that are read");
        }

        return source.ReadBytes(Offset, (int)(End - Offset));
    }

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}
