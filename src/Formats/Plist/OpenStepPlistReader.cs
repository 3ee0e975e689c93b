using System.Globalization;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Plist;

/// <summary>
/// The old text form: <c>{ key = value; }</c>, <c>( a, b )</c>, <c>&lt;0fbd77&gt;</c>, quoted or plain strings, comments; at the top
/// the braces may be missing, which makes a <c>.strings</c> file. A key without a value stands for itself
/// (Core Foundation, <c>CFOldStylePList.c</c>).
/// </summary>
internal ref struct OpenStepPlistReader
{
    private readonly ReadOnlySpan<char> _text;
    private readonly PlistBudget _budget;
    private int _position;

    private OpenStepPlistReader(ReadOnlySpan<char> text, PlistLimits limits)
    {
        _text = text;
        _budget = new PlistBudget(limits);
    }

    internal static PlistValue Read(ReadOnlySpan<byte> bytes, PlistLimits limits) => Read(bytes, limits, out _);

    /// <summary>Reads a list; <paramref name="isStrings"/> tells whether its entries have no braces around them.</summary>
    internal static PlistValue Read(ReadOnlySpan<byte> bytes, PlistLimits limits, out bool isStrings)
    {
        var encoding = PlistText.Detect(bytes, out var skip);
        string text;
        try
        {
            text = encoding.GetString(bytes[skip..]);
        }
        catch (DecoderFallbackException fault)
        {
            throw new FirmwareFormatException(
                PlistBudget.Format, skip + Math.Max(0, fault.Index), $"neither binary nor XML, and no text in {encoding.WebName}", fault);
        }

        return new OpenStepPlistReader(text, limits).ReadDocument(out isStrings);
    }

    private PlistValue ReadDocument(out bool isStrings)
    {
        isStrings = false;
        SkipSpace();
        if (AtEnd)
        {
            // A .strings file with nothing but comments is a table without entries.
            return PlistDictionary.Empty;
        }

        if (_text[_position] is '{' or '(' or '<')
        {
            return ReadToEnd(ReadValue(0));
        }

        var start = _position;
        var first = ReadString();
        SkipSpace();
        if (AtEnd)
        {
            return new PlistString(first);
        }

        _position = start;
        isStrings = true;
        return ReadToEnd(ReadEntries(closing: null, depth: 1));
    }

    private PlistValue ReadToEnd(PlistValue value)
    {
        SkipSpace();
        return AtEnd ? value : throw Fault("text follows after the end");
    }

    private PlistValue ReadValue(int depth)
    {
        SkipSpace();
        switch (AtEnd ? '\0' : _text[_position])
        {
            case '{':
                _position++;
                return ReadEntries('}', depth + 1);
            case '(':
                _position++;
                return ReadArray(depth + 1);
            case '<':
                _position++;
                return ReadData();
            default:
                return new PlistString(ReadString());
        }
    }

    private PlistDictionary ReadEntries(char? closing, int depth)
    {
        _budget.CheckDepth(_position, depth);
        _budget.Add(_position, 0);
        var values = new OrderedDictionary<string, PlistValue>(StringComparer.Ordinal);
        while (true)
        {
            SkipSpace();
            if (closing is null ? AtEnd : TryTake(closing.Value))
            {
                return new PlistDictionary(values);
            }

            var key = ReadString();
            SkipSpace();
            values[key] = TryTake('=') ? ReadValue(depth) : new PlistString(key);
            SkipSpace();

            // The last entry before a closing brace may lack its semicolon.
            if (!TryTake(';') && (closing is null || AtEnd || _text[_position] != closing))
            {
                throw Fault("a semicolon is wanted after an entry");
            }
        }
    }

    private PlistArray ReadArray(int depth)
    {
        _budget.CheckDepth(_position, depth);
        _budget.Add(_position, 0);
        var values = new List<PlistValue>();
        while (true)
        {
            SkipSpace();
            if (TryTake(')'))
            {
                return new PlistArray(values.ToArray());
            }

            values.Add(ReadValue(depth));
            SkipSpace();
            if (!TryTake(',') && (AtEnd || _text[_position] != ')'))
            {
                throw Fault("a comma or a closing parenthesis is wanted");
            }
        }
    }

    private PlistData ReadData()
    {
        var end = _text[_position..].IndexOf('>');
        if (end < 0)
        {
            throw Fault("data without its closing >");
        }

        var bytes = new List<byte>();
        var high = -1;
        foreach (var one in _text.Slice(_position, end))
        {
            if (char.IsWhiteSpace(one))
            {
                continue;
            }

            if (!char.IsAsciiHexDigit(one))
            {
                throw Fault("data that is not hexadecimal");
            }

            var digit = Convert.ToInt32(one.ToString(), 16);
            if (high >= 0)
            {
                bytes.Add((byte)((high << 4) | digit));
            }

            high = high >= 0 ? -1 : digit;
        }

        if (high >= 0)
        {
            throw Fault("data with an odd number of digits");
        }

        _budget.Add(_position, bytes.Count);
        _position += end + 1;
        return new PlistData(bytes.ToArray());
    }

    private string ReadString()
    {
        SkipSpace();
        if (AtEnd)
        {
            throw Fault("the text ends where a string is wanted");
        }

        var first = _text[_position];
        var text = first is '"' or '\'' ? ReadQuoted(first) : ReadPlain();
        _budget.Add(_position, text.Length);
        return text;
    }

    private string ReadPlain()
    {
        var start = _position;
        while (!AtEnd && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] is '_' or '$' or '/' or ':' or '.' or '-'))
        {
            _position++;
        }

        return _position > start ? _text[start.._position].ToString() : throw Fault("an unexpected character");
    }

    private string ReadQuoted(char quote)
    {
        _position++;
        var rest = _text[_position..];
        var plain = rest.IndexOfAny(quote, '\\');
        if (plain >= 0 && rest[plain] == quote)
        {
            _position += plain + 1;
            return rest[..plain].ToString();
        }

        var text = new StringBuilder();
        while (!AtEnd)
        {
            var one = _text[_position++];
            if (one == quote)
            {
                return text.ToString();
            }

            text.Append(one == '\\' ? ReadEscape() : one);
        }

        throw Fault("a string without its closing quote");
    }

    private char ReadEscape()
    {
        if (AtEnd)
        {
            throw Fault("the text ends inside an escape");
        }

        var one = _text[_position++];
        switch (one)
        {
            case 'a': return '\a';
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'v': return '\v';
            case 'U':
                return (char)ReadDigits(4, 16);
            case >= '0' and <= '7':
                _position--;
                return NextStepCharacters.Decode((byte)ReadDigits(3, 8));
            default:
                return one;
        }
    }

    private int ReadDigits(int most, int radix)
    {
        var value = 0;
        for (var i = 0; i < most && !AtEnd; i++, _position++)
        {
            var one = _text[_position];
            if (radix == 16 ? !char.IsAsciiHexDigit(one) : one is < '0' or > '7')
            {
                break;
            }

            value = (value * radix) + int.Parse(_text.Slice(_position, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        return value;
    }

    private void SkipSpace()
    {
        while (!AtEnd)
        {
            var rest = _text[_position..];
            if (rest.StartsWith("//"))
            {
                var end = rest.IndexOfAny('\n', '\r');
                _position += end < 0 ? rest.Length : end;
            }
            else if (rest.StartsWith("/*"))
            {
                var end = rest[2..].IndexOf("*/");

                // One without its end takes the rest of the file, as in Core Foundation.
                _position += end < 0 ? rest.Length : end + 4;
            }
            else if (char.IsWhiteSpace(rest[0]) || rest[0] == '\0')
            {
                _position++;
            }
            else
            {
                return;
            }
        }
    }

    private readonly bool AtEnd => _position >= _text.Length;

    private bool TryTake(char wanted)
    {
        if (AtEnd || _text[_position] != wanted)
        {
            return false;
        }

        _position++;
        return true;
    }

    // Offsets in text are counted in characters, so the line is told as well.
    private readonly FirmwareFormatException Fault(string reason)
    {
        var line = _text[..Math.Min(_position, _text.Length)].Count('\n') + 1;
        return new FirmwareFormatException(PlistBudget.Format, _position, $"text form, line {line}: {reason}");
    }
}
