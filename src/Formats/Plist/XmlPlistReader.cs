using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Xml;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Plist;

/// <summary>
/// XML property lists (PropertyList-1.0.dtd), and the kernel's dialect (OSSerialize), which gives an object an <c>ID</c> and refers
/// to it by <c>IDREF</c> afterwards. The document type is passed over: no entities but XML's own, nothing is fetched.
/// </summary>
internal sealed class XmlPlistReader
{
    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Ignore,
        XmlResolver = null,
        CheckCharacters = false,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = false,
    };

    // Control characters that XML forbids, and Apple's parser reads all the same.
    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]);

    // Escaping may make a file five times as long; no list of such characters was ever this large.
    private const int MaxEscapedLength = 16 << 20;

    private readonly XmlReader _xml;
    private readonly PlistBudget _budget;
    private readonly Dictionary<string, (PlistValue Value, long Values, long Bytes)> _byId = new(StringComparer.Ordinal);

    private XmlPlistReader(XmlReader xml, PlistLimits limits)
    {
        _xml = xml;
        _budget = new PlistBudget(limits);
    }

    internal static PlistValue Read(ReadOnlyMemory<byte> bytes, PlistLimits limits)
    {
        try
        {
            using var stream = Open(EscapeControls(Trim(bytes)));
            using var xml = XmlReader.Create(stream, Settings);
            return new XmlPlistReader(xml, limits).ReadDocument();
        }
        catch (XmlException fault)
        {
            throw new FirmwareFormatException(PlistBudget.Format, -1, $"XML: {fault.Message}", fault);
        }
        catch (Exception fault) when (fault is NotSupportedException or ArgumentException)
        {
            // An encoding the declaration names and the runtime refuses to make.
            throw new FirmwareFormatException(PlistBudget.Format, -1, $"XML: {fault.Message}", fault);
        }
    }

    // Space before the declaration and zeros behind the end are no XML, and Apple's tools pass over both.
    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var start = span.IndexOfAnyExcept(" \t\r\n"u8);
        return start < 0 || PlistText.Detect(span, out _) is not UTF8Encoding
            ? bytes
            : bytes[start..(span.LastIndexOfAnyExcept((byte)0) + 1)];
    }

    // Written as references they pass; wide text would hold them as parts of other characters.
    private static ReadOnlyMemory<byte> EscapeControls(ReadOnlyMemory<byte> bytes)
    {
        var rest = bytes.Span;
        if (rest.Length > MaxEscapedLength || !rest.ContainsAny(Controls) || PlistText.Detect(rest, out _) is not UTF8Encoding)
        {
            return bytes;
        }

        var escaped = new ArrayBufferWriter<byte>(bytes.Length + 64);
        for (int place; (place = rest.IndexOfAny(Controls)) >= 0; rest = rest[(place + 1)..])
        {
            escaped.Write(rest[..place]);
            escaped.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"&#{rest[place]};")));
        }

        escaped.Write(rest);
        return escaped.WrittenMemory;
    }

    private static MemoryStream Open(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);

    private PlistValue ReadDocument()
    {
        _xml.MoveToContent();
        if (_xml.NodeType != XmlNodeType.Element)
        {
            throw Fault("there is no element");
        }

        if (_xml.LocalName != "plist")
        {
            return ReadValue(0);
        }

        if (!Enter() || !AtChild())
        {
            throw Fault("the plist element is empty");
        }

        return ReadValue(0);
    }

    // Reads the value whose start tag is current and leaves the reader behind its end tag.
    private PlistValue ReadValue(int depth)
    {
        if (_xml.HasAttributes && _xml.GetAttribute("IDREF") is { } reference)
        {
            return ReadReference(reference);
        }

        var id = _xml.HasAttributes ? _xml.GetAttribute("ID") : null;
        var before = _budget.Used;
        var value = ReadElement(depth);
        if (id is not null)
        {
            var after = _budget.Used;
            _byId[id] = (value, after.Values - before.Values, after.Bytes - before.Bytes);
        }

        return value;
    }

    private PlistValue ReadReference(string reference)
    {
        if (!_byId.TryGetValue(reference, out var known))
        {
            throw Fault($"IDREF \"{Shown(reference)}\" refers to no value before it");
        }

        _budget.Add(-1, known.Values, known.Bytes);
        _xml.Skip();
        return known.Value;
    }

    private PlistValue ReadElement(int depth)
    {
        switch (_xml.LocalName)
        {
            case "dict":
                return ReadDictionary(depth + 1);
            case "array" or "set":
                return ReadArray(depth + 1);
            case "string":
                return new PlistString(ReadText());
            case "integer":
                return ReadInteger();
            case "real":
                return ReadReal();
            case "true":
                ReadText();
                return PlistBoolean.True;
            case "false":
                ReadText();
                return PlistBoolean.False;
            case "date":
                var text = ReadText();
                return PlistDate.TryParse(text.AsSpan().Trim(), out var date) ? date! : throw Fault($"\"{Shown(text)}\" is no date");
            case "data":
                return ReadData();
            default:
                throw Fault($"the element {Shown(_xml.LocalName)} does not belong in a property list");
        }
    }

    private PlistValue ReadDictionary(int depth)
    {
        _budget.CheckDepth(-1, depth);
        _budget.Add(-1, 0);
        var values = new OrderedDictionary<string, PlistValue>(StringComparer.Ordinal);
        if (Enter())
        {
            while (AtChild())
            {
                if (_xml.LocalName != "key")
                {
                    throw Fault($"a key is wanted, not the element {Shown(_xml.LocalName)}");
                }

                var key = ReadText();
                if (!AtChild())
                {
                    throw Fault($"the key \"{Shown(key)}\" has no value");
                }

                values[key] = ReadValue(depth);
            }

            _xml.Read();
        }

        // Core Foundation's form of a keyed archive's reference.
        return values.Count == 1 && values.GetAt(0) is { Key: "CF$UID", Value: PlistInteger { Value: var number } }
            && number >= 0 && number <= ulong.MaxValue
            ? new PlistUid((ulong)number)
            : new PlistDictionary(values);
    }

    private PlistArray ReadArray(int depth)
    {
        _budget.CheckDepth(-1, depth);
        _budget.Add(-1, 0);
        var values = new List<PlistValue>();
        if (Enter())
        {
            while (AtChild())
            {
                values.Add(ReadValue(depth));
            }

            _xml.Read();
        }

        return new PlistArray(values.ToArray());
    }

    private PlistInteger ReadInteger()
    {
        var text = ReadText();
        var digits = text.AsSpan().Trim();
        var negative = digits.StartsWith("-");
        digits = negative || digits.StartsWith("+") ? digits[1..] : digits;
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (!Int128.TryParse(isHex ? digits[2..] : digits, style, CultureInfo.InvariantCulture, out var value))
        {
            throw Fault($"\"{Shown(text)}\" is no integer");
        }

        return new PlistInteger(negative ? unchecked(-value) : value);
    }

    private PlistReal ReadReal()
    {
        var text = ReadText();
        var number = text.AsSpan().Trim();
        var sign = number.StartsWith("-") ? -1.0 : 1.0;
        var name = number.TrimStart("+-");
        if (name.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            return new PlistReal(double.NaN);
        }

        if (name.Equals("inf", StringComparison.OrdinalIgnoreCase) || name.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            return new PlistReal(sign * double.PositiveInfinity);
        }

        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? new PlistReal(value)
            : throw Fault($"\"{Shown(text)}\" is no real number");
    }

    private PlistData ReadData()
    {
        var isHex = _xml.HasAttributes && _xml.GetAttribute("format") == "hex";
        var text = ReadText();
        if (isHex)
        {
            var digits = string.Concat(text.Where(static one => !char.IsWhiteSpace(one)));
            var bytes = new byte[digits.Length / 2];
            return Convert.FromHexString(digits, bytes, out _, out _) == OperationStatus.Done
                ? new PlistData(bytes)
                : throw Fault("data that is declared hexadecimal is not");
        }

        var decoded = new byte[(text.Length / 4 * 3) + 3];
        return Convert.TryFromBase64String(text, decoded, out var length)
            ? new PlistData(decoded.AsMemory(0, length).ToArray())
            : throw Fault("data is not base64");
    }

    // The text of the element whose start tag is current; the reader ends behind its end tag. Elements inside are an XmlException.
    private string ReadText()
    {
        var text = _xml.ReadElementContentAsString();
        _budget.Add(-1, text.Length);
        return text;
    }

    // Steps over a start tag; says whether an end tag of its own follows somewhere.
    private bool Enter()
    {
        var hasContent = !_xml.IsEmptyElement;
        _xml.Read();
        return hasContent;
    }

    // Whether another element follows inside the current one; only space may stand before it.
    private bool AtChild()
    {
        while (_xml.NodeType is XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace && _xml.Read())
        {
        }

        return _xml.NodeType switch
        {
            XmlNodeType.Element => true,
            XmlNodeType.EndElement => false,
            _ => throw Fault("text stands where an element is wanted, or the file ends"),
        };
    }

    private FirmwareFormatException Fault(string reason)
    {
        var place = _xml as IXmlLineInfo;
        return new FirmwareFormatException(
            PlistBudget.Format, -1, place is null ? $"XML: {reason}" : $"XML, line {place.LineNumber}, column {place.LinePosition}: {reason}");
    }

    private static string Shown(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
