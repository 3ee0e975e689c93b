using System.Buffers;
using System.Globalization;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Plist;

/// <summary>
/// XML property lists (PropertyList-1.0.dtd), and the kernel's dialect (OSSerialize), which gives an object an <c>ID</c> and refers
/// to it by <c>IDREF</c> afterwards. What is accepted, and which value counts, is what Core Foundation's parser decides
/// (<c>CFPropertyList.c</c>); beyond it only the dialect, and space around numbers.
/// </summary>
internal ref struct XmlPlistReader
{
    private readonly PlistBudget _budget;
    private readonly Dictionary<string, (PlistValue Value, long Values, long Bytes)> _byId = new(StringComparer.Ordinal);
    private XmlPlistScanner _xml;

    private XmlPlistReader(ReadOnlySpan<byte> text, PlistLimits limits)
    {
        _xml = new XmlPlistScanner(text);
        _budget = new PlistBudget(limits);
    }

    internal static PlistValue Read(ReadOnlyMemory<byte> bytes, PlistLimits limits) =>
        new XmlPlistReader(PlistText.ToUtf8(bytes).Span, limits).ReadDocument();

    private PlistValue ReadDocument()
    {
        var top = _xml.ReadTop();
        if (!top.Name.SequenceEqual("plist"u8))
        {
            return ReadValue(top, 0);
        }

        if (top.IsEmpty || !_xml.TryReadChild(out var tag))
        {
            throw _xml.Fault("the plist element is empty");
        }

        var value = ReadValue(tag, 0);
        if (_xml.TryReadChild(out _))
        {
            throw _xml.Fault("the plist element holds more than one value");
        }

        _xml.ReadEnd("plist"u8);
        return value;
    }

    // Reads the value whose start tag was read, and its end tag.
    private PlistValue ReadValue(XmlPlistTag tag, int depth)
    {
        if (tag.FindAttribute("IDREF"u8) is { } reference)
        {
            return ReadReference(tag, reference);
        }

        var id = tag.FindAttribute("ID"u8);
        var before = _budget.Used;
        var value = ReadElement(tag, depth);
        if (id is not null)
        {
            var after = _budget.Used;
            _byId[id] = (value, after.Values - before.Values, after.Bytes - before.Bytes);
        }

        return value;
    }

    private PlistValue ReadReference(XmlPlistTag tag, string reference)
    {
        if (!_byId.TryGetValue(reference, out var known))
        {
            throw _xml.Fault($"IDREF \"{Shown(reference)}\" refers to no value before it");
        }

        _budget.Add(-1, known.Values, known.Bytes);
        ReadNothing(tag);
        return known.Value;
    }

    private PlistValue ReadElement(XmlPlistTag tag, int depth)
    {
        switch (Encoding.UTF8.GetString(tag.Name))
        {
            case "dict":
                return ReadDictionary(tag, depth + 1);
            case "array" or "set":
                return ReadArray(tag, depth + 1);
            case "string" or "key":
                return new PlistString(ReadText(tag));
            case "integer":
                return ReadInteger(tag);
            case "real":
                return ReadReal(tag);
            case "true":
                ReadNothing(tag);
                _budget.Add(-1, 0);
                return PlistBoolean.True;
            case "false":
                ReadNothing(tag);
                _budget.Add(-1, 0);
                return PlistBoolean.False;
            case "date":
                var text = ReadText(tag);
                return PlistDate.TryParse(text.AsSpan().Trim(), out var date) ? date! : throw _xml.Fault($"\"{Shown(text)}\" is no date");
            case "data":
                return ReadData(tag);
            case var unknown:
                throw _xml.Fault($"the element {Shown(unknown)} does not belong in a property list");
        }
    }

    private PlistValue ReadDictionary(XmlPlistTag tag, int depth)
    {
        _budget.CheckDepth(-1, depth);
        _budget.Add(-1, 0);
        var values = new OrderedDictionary<string, PlistValue>(StringComparer.Ordinal);
        if (!tag.IsEmpty)
        {
            while (_xml.TryReadChild(out var child))
            {
                if (!child.Name.SequenceEqual("key"u8))
                {
                    throw _xml.Fault($"a key is wanted, not the element {Shown(Encoding.UTF8.GetString(child.Name))}");
                }

                var key = ReadText(child);
                if (!_xml.TryReadChild(out child))
                {
                    throw _xml.Fault($"the key \"{Shown(key)}\" has no value");
                }

                // The last value of a doubled key counts.
                values[key] = ReadValue(child, depth);
            }

            _xml.ReadEnd(tag.Name);
        }

        // Core Foundation's form of a keyed archive's reference.
        return values.Count == 1 && values.GetAt(0) is { Key: "CF$UID", Value: PlistInteger { Value: var number } }
            && number >= 0 && number <= ulong.MaxValue
            ? new PlistUid((ulong)number)
            : new PlistDictionary(values);
    }

    private PlistArray ReadArray(XmlPlistTag tag, int depth)
    {
        _budget.CheckDepth(-1, depth);
        _budget.Add(-1, 0);
        var values = new List<PlistValue>();
        if (!tag.IsEmpty)
        {
            while (_xml.TryReadChild(out var child))
            {
                values.Add(ReadValue(child, depth));
            }

            _xml.ReadEnd(tag.Name);
        }

        return new PlistArray(values.ToArray());
    }

    private PlistInteger ReadInteger(XmlPlistTag tag)
    {
        var text = ReadText(tag);
        var digits = text.AsSpan().Trim();
        var negative = digits.StartsWith("-");
        digits = negative || digits.StartsWith("+") ? digits[1..].TrimStart() : digits;
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (!Int128.TryParse(isHex ? digits[2..] : digits, style, CultureInfo.InvariantCulture, out var value))
        {
            throw _xml.Fault($"\"{Shown(text)}\" is no integer");
        }

        return new PlistInteger(negative ? unchecked(-value) : value);
    }

    private PlistReal ReadReal(XmlPlistTag tag)
    {
        var text = ReadText(tag);
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
            : throw _xml.Fault($"\"{Shown(text)}\" is no real number");
    }

    private PlistData ReadData(XmlPlistTag tag)
    {
        if (tag.IsEmpty)
        {
            _budget.Add(-1, 0);
            return new PlistData(ReadOnlyMemory<byte>.Empty);
        }

        if (tag.FindAttribute("format"u8) != "hex")
        {
            return DecodeBase64(tag);
        }

        var digits = string.Concat(ReadText(tag).Where(static one => !char.IsWhiteSpace(one)));
        var bytes = new byte[digits.Length / 2];
        return Convert.FromHexString(digits, bytes, out _, out _) == OperationStatus.Done
            ? new PlistData(bytes)
            : throw _xml.Fault("data that is declared hexadecimal is not");
    }

    // Characters of ASCII that are not of base64 are passed over; what is left at the end of less than four is nothing.
    private PlistData DecodeBase64(XmlPlistTag tag)
    {
        var text = _xml.ReadRaw();
        _budget.Add(-1, text.Length);
        if (text.ContainsAnyExceptInRange((byte)0, (byte)0x7F))
        {
            throw _xml.Fault("data with a character that base64 cannot have");
        }

        var decoded = new byte[(text.Length / 4 * 3) + 3];
        var (length, symbols, group, padding) = (0, 0, 0, 0);
        foreach (var one in text)
        {
            if (one != '=' && !char.IsWhiteSpace((char)one))
            {
                padding = 0;
            }

            var bits = one switch
            {
                >= (byte)'A' and <= (byte)'Z' => one - 'A',
                >= (byte)'a' and <= (byte)'z' => one - 'a' + 26,
                >= (byte)'0' and <= (byte)'9' => one - '0' + 52,
                (byte)'+' => 62,
                (byte)'/' => 63,
                (byte)'=' => 0,
                _ => -1,
            };
            if (bits < 0)
            {
                continue;
            }

            padding += one == '=' ? 1 : 0;
            group = (group << 6) | bits;
            if ((++symbols & 3) != 0)
            {
                continue;
            }

            decoded[length++] = (byte)(group >> 16);
            if (padding < 2)
            {
                decoded[length++] = (byte)(group >> 8);
            }

            if (padding < 1)
            {
                decoded[length++] = (byte)group;
            }
        }

        _xml.ReadEnd(tag.Name);
        return new PlistData(decoded.AsMemory(0, length).ToArray());
    }

    private string ReadText(XmlPlistTag tag)
    {
        if (tag.IsEmpty)
        {
            _budget.Add(-1, 0);
            return string.Empty;
        }

        var text = _xml.ReadText();
        _xml.ReadEnd(tag.Name);
        _budget.Add(-1, text.Length);
        return text;
    }

    private void ReadNothing(XmlPlistTag tag)
    {
        if (tag.IsEmpty)
        {
            return;
        }

        if (_xml.TryReadChild(out _))
        {
            throw _xml.Fault($"the element {Encoding.UTF8.GetString(tag.Name)} holds another");
        }

        _xml.ReadEnd(tag.Name);
    }

    private static string Shown(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
