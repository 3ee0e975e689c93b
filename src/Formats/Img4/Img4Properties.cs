using System.Formats.Asn1;
using System.Numerics;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Img4;

/// <summary>
/// Image4 properties as property-list values: a SET of <c>[PRIVATE name] SEQUENCE { name, value }</c> is a dictionary, an octet
/// string is data. Names are four characters, and the private tag is their number.
/// </summary>
internal static class Img4Properties
{
    // Manifests nest four deep, payload properties a little more.
    private const int MaxDepth = 24;

    /// <summary>Reads the SET that <paramref name="encoded"/> holds, from <paramref name="offset"/> of its file.</summary>
    internal static PlistDictionary Read(ReadOnlyMemory<byte> encoded, long offset)
    {
        try
        {
            var reader = new AsnReader(encoded, AsnEncodingRules.DER);
            var set = reader.ReadSetOf(skipSortOrderValidation: true);
            reader.ThrowIfNotEmpty();
            return ReadSet(set, offset, 0);
        }
        catch (AsnContentException fault)
        {
            throw new FirmwareFormatException(DerElement.Format, offset, $"properties are damaged: {fault.Message}", fault);
        }
    }

    private static PlistDictionary ReadSet(AsnReader set, long offset, int depth)
    {
        if (depth > MaxDepth)
        {
            throw DerElement.Fault(offset, $"properties lie more than {MaxDepth} deep");
        }

        var values = new List<KeyValuePair<string, PlistValue>>();
        while (set.HasData)
        {
            var tag = set.PeekTag();
            if (tag.TagClass != TagClass.Private)
            {
                throw DerElement.Fault(offset, $"a property has the tag {tag}, a private one is wanted");
            }

            var wrapped = set.ReadSequence(tag);
            var property = wrapped.ReadSequence();
            wrapped.ThrowIfNotEmpty();
            var name = property.ReadCharacterString(UniversalTagNumber.IA5String);
            values.Add(new(name, property.HasData ? ReadValue(property, offset, depth) : PlistArray.Empty));
        }

        return new PlistDictionary(values);
    }

    private static PlistValue ReadValue(AsnReader reader, long offset, int depth)
    {
        var tag = reader.PeekTag();
        if (tag.TagClass != TagClass.Universal)
        {
            return new PlistData(reader.ReadEncodedValue());
        }

        switch ((UniversalTagNumber)tag.TagValue)
        {
            case UniversalTagNumber.Boolean:
                return reader.ReadBoolean() ? PlistBoolean.True : PlistBoolean.False;
            case UniversalTagNumber.Integer:
                var number = new BigInteger(reader.ReadIntegerBytes().Span, isBigEndian: true);
                return number >= (BigInteger)Int128.MinValue && number <= (BigInteger)Int128.MaxValue
                    ? new PlistInteger((Int128)number)
                    : new PlistData(number.ToByteArray(isBigEndian: true));
            case UniversalTagNumber.OctetString:
                return new PlistData(reader.ReadOctetString());
            case UniversalTagNumber.IA5String or UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString:
                return new PlistString(reader.ReadCharacterString((UniversalTagNumber)tag.TagValue));
            case UniversalTagNumber.Set:
                return ReadSet(reader.ReadSetOf(skipSortOrderValidation: true), offset, depth + 1);
            case UniversalTagNumber.Sequence:
                return ReadList(reader.ReadSequence(), offset, depth + 1);
            default:
                return new PlistData(reader.ReadEncodedValue());
        }
    }

    private static PlistArray ReadList(AsnReader list, long offset, int depth)
    {
        if (depth > MaxDepth)
        {
            throw DerElement.Fault(offset, $"properties lie more than {MaxDepth} deep");
        }

        var values = new List<PlistValue>();
        while (list.HasData)
        {
            values.Add(ReadValue(list, offset, depth));
        }

        return new PlistArray(values);
    }
}
