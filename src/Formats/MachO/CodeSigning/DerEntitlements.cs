using System.Formats.Asn1;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.MachO.CodeSigning;

/// <summary>
/// Decodes the DER that newer signatures hold: entitlements and launch constraints. Apple describes it nowhere; it is
/// <c>[APPLICATION 16] { INTEGER 1, dictionary }</c>, a dictionary being <c>[16] { SEQUENCE { UTF8String key, value } … }</c> (a SET in the
/// first systems that had it, then without the frame), an array a SEQUENCE, data an OCTET STRING.
/// </summary>
public static class DerEntitlements
{
    private const int MaxIntegerBytes = 16;

    private static readonly Asn1Tag Frame = new(TagClass.Application, 16, isConstructed: true);
    private static readonly Asn1Tag Utf8 = new(UniversalTagNumber.UTF8String);
    private static readonly Asn1Tag Dictionary = new(TagClass.ContextSpecific, 16, isConstructed: true);

    /// <summary>Decodes a blob's payload.</summary>
    /// <exception cref="FirmwareFormatException">It is damaged, too deep or too large, or the outermost value is no dictionary.</exception>
    public static PlistDictionary Decode(ReadOnlyMemory<byte> der)
    {
        try
        {
            // The order of a set says nothing here.
            var reader = new AsnReader(der, AsnEncodingRules.DER, new AsnReaderOptions { SkipSetSortOrderVerification = true });
            if (reader.PeekTag() == Frame)
            {
                reader = reader.ReadSequence(Frame);
                reader.ReadIntegerBytes();
            }

            var budget = new PlistBudget(PlistLimits.Default);
            return ReadValue(reader, budget, 1) as PlistDictionary
                ?? throw CodeSignatureFormat.Fault(0, "the outermost value of DER entitlements is no dictionary");
        }
        catch (AsnContentException fault)
        {
            throw new FirmwareFormatException(CodeSignatureFormat.Name, 0, $"damaged DER entitlements: {fault.Message}", fault);
        }
    }

    private static PlistValue ReadValue(AsnReader reader, PlistBudget budget, int depth)
    {
        budget.CheckDepth(0, depth);
        var tag = reader.PeekTag();
        if (tag == Dictionary)
        {
            return ReadDictionary(reader.ReadSequence(Dictionary), budget, depth);
        }

        if (tag == Asn1Tag.SetOf)
        {
            return ReadDictionary(reader.ReadSetOf(), budget, depth);
        }

        if (tag == Asn1Tag.Sequence)
        {
            return ReadArray(reader.ReadSequence(), budget, depth);
        }

        if (tag == Asn1Tag.Boolean)
        {
            budget.Add(0, 0);
            return reader.ReadBoolean() ? PlistBoolean.True : PlistBoolean.False;
        }

        if (tag == Asn1Tag.Integer)
        {
            budget.Add(0, 0);
            return new PlistInteger(ReadInteger(reader.ReadIntegerBytes().Span));
        }

        if (tag == Asn1Tag.PrimitiveOctetString)
        {
            var bytes = reader.ReadOctetString();
            budget.Add(0, bytes.Length);
            return new PlistData(bytes);
        }

        return new PlistString(ReadText(reader, budget));
    }

    private static PlistDictionary ReadDictionary(AsnReader entries, PlistBudget budget, int depth)
    {
        budget.Add(0, 0);
        var values = new OrderedDictionary<string, PlistValue>(StringComparer.Ordinal);
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            values[ReadText(entry, budget)] = ReadValue(entry, budget, depth + 1);
            entry.ThrowIfNotEmpty();
        }

        return new PlistDictionary(values);
    }

    private static PlistArray ReadArray(AsnReader items, PlistBudget budget, int depth)
    {
        budget.Add(0, 0);
        var values = new List<PlistValue>();
        while (items.HasData)
        {
            values.Add(ReadValue(items, budget, depth + 1));
        }

        return new PlistArray([.. values]);
    }

    private static string ReadText(AsnReader reader, PlistBudget budget)
    {
        var tag = reader.PeekTag();
        if (tag != Utf8)
        {
            throw CodeSignatureFormat.Fault(0, $"DER entitlements hold a value with the tag {tag}, which has no meaning there");
        }

        // Not as a character string: that would refuse the whole for one byte that is not UTF-8.
        var bytes = reader.ReadEncodedValue();
        AsnDecoder.ReadEncodedValue(bytes.Span, AsnEncodingRules.DER, out var start, out var length, out _);
        budget.Add(0, length);
        return Encoding.UTF8.GetString(bytes.Span.Slice(start, length));
    }

    private static Int128 ReadInteger(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxIntegerBytes)
        {
            throw CodeSignatureFormat.Fault(0, $"DER entitlements hold an integer of {bytes.Length} bytes");
        }

        var value = (bytes[0] & 0x80) != 0 ? Int128.NegativeOne : Int128.Zero;
        foreach (var part in bytes)
        {
            value = (value << 8) | part;
        }

        return value;
    }
}
