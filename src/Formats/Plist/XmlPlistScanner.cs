using System.Buffers;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Plist;

/// <summary>A start tag.</summary>
/// <param name="name">The element's name.</param>
/// <param name="attributes">What stands between the name and the end of the tag.</param>
/// <param name="isEmpty">Whether the tag closes itself.</param>
internal readonly ref struct XmlPlistTag(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attributes, bool isEmpty)
{
    internal ReadOnlySpan<byte> Name { get; } = name;

    internal bool IsEmpty { get; } = isEmpty;

    private readonly ReadOnlySpan<byte> _attributes = attributes;

    /// <summary>The value of an attribute of the kernel's dialect, or null. Attributes that are no name with a quoted value end the search.</summary>
    internal string? FindAttribute(ReadOnlySpan<byte> wanted)
    {
        var rest = _attributes;
        while (true)
        {
            rest = rest.TrimStart(" \t\r\n"u8);
            var equals = rest.IndexOf((byte)'=');
            if (equals < 1 || equals + 2 > rest.Length || rest[equals + 1] is not ((byte)'"' or (byte)'\''))
            {
                return null;
            }

            var name = rest[..equals];
            var value = rest[(equals + 2)..];
            var end = value.IndexOf(rest[equals + 1]);
            if (end < 0)
            {
                return null;
            }

            if (name.SequenceEqual(wanted))
            {
                return Encoding.UTF8.GetString(value[..end]);
            }

            rest = value[(end + 1)..];
        }
    }
}

/// <summary>
/// Takes an XML property list apart as Core Foundation's own parser does (<c>CFPropertyList.c</c>), which is not an XML parser: a tag ends
/// at the first <c>&gt;</c> whatever stands in it, comments may hold <c>--</c>, the document type is passed over, and what follows the
/// top element is not looked at. Text is UTF-8.
/// </summary>
internal ref struct XmlPlistScanner(ReadOnlySpan<byte> text)
{
    private const int LongestReference = 8;

    private static readonly SearchValues<byte> TagEnds = SearchValues.Create(" \t\r\n>"u8);
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _text = text;
    private int _position;

    private readonly ReadOnlySpan<byte> Rest => _text[_position..];

    /// <summary>Steps over declaration, document type and comments to the top element and reads its tag.</summary>
    internal XmlPlistTag ReadTop()
    {
        while (true)
        {
            SkipSpace();
            if (Rest.StartsWith("<!--"u8))
            {
                _position += 4;
                SkipPast("-->"u8, "a comment");
            }
            else if (Rest.StartsWith("<!"u8))
            {
                SkipDocumentType();
            }
            else if (Rest.StartsWith("<?"u8))
            {
                SkipPast("?>"u8, "a processing instruction");
            }
            else if (Rest is [(byte)'<', not (byte)'/', ..])
            {
                return ReadTag();
            }
            else
            {
                throw Fault("there is no element");
            }
        }
    }

    /// <summary>Reads the tag of the next element inside the current one; false before the end tag.</summary>
    internal bool TryReadChild(out XmlPlistTag tag)
    {
        while (true)
        {
            SkipSpace();
            if (Rest.StartsWith("<!--"u8))
            {
                // Core Foundation looks for the end from the second dash on, so that <!---> is a whole comment here.
                _position += 3;
                SkipPast("-->"u8, "a comment");
            }
            else if (Rest.StartsWith("<?"u8))
            {
                SkipPast("?>"u8, "a processing instruction");
            }
            else if (Rest.StartsWith("</"u8))
            {
                tag = default;
                return false;
            }
            else if (Rest is [(byte)'<', not (byte)'!', ..])
            {
                tag = ReadTag();
                return true;
            }
            else
            {
                throw Fault(Rest.IsEmpty ? "the file ends inside an element" : "text stands where an element is wanted");
            }
        }
    }

    /// <summary>Steps over the end tag of an element.</summary>
    internal void ReadEnd(ReadOnlySpan<byte> name)
    {
        if (!Rest.StartsWith("</"u8) || !Rest[2..].StartsWith(name))
        {
            throw Fault($"the end of the element {Encoding.UTF8.GetString(name)} is wanted");
        }

        _position += 2 + name.Length;
        SkipSpace();
        if (!Rest.StartsWith(">"u8))
        {
            throw Fault($"the end tag of {Encoding.UTF8.GetString(name)} is not closed");
        }

        _position++;
    }

    /// <summary>The text up to the next tag: characters, CDATA sections and references, in UTF-8.</summary>
    internal string ReadText()
    {
        var length = Rest.IndexOfAny((byte)'<', (byte)'&');
        if (length < 0)
        {
            throw Fault("the file ends inside an element");
        }

        if (Rest[length] == '<' && !Rest[length..].StartsWith("<!"u8))
        {
            return Decode(Take(length));
        }

        var gathered = new ArrayBufferWriter<byte>(length + 64);
        while (true)
        {
            length = Rest.IndexOfAny((byte)'<', (byte)'&');
            if (length < 0)
            {
                throw Fault("the file ends inside an element");
            }

            gathered.Write(Take(length));
            if (Rest[0] == '&')
            {
                AddReference(gathered);
            }
            else if (Rest.StartsWith("<![CDATA["u8))
            {
                _position += 9;
                var end = Rest.IndexOf("]]>"u8);
                if (end < 0)
                {
                    throw Fault("a CDATA section without its end");
                }

                gathered.Write(Take(end));
                _position += 3;
            }
            else if (Rest.StartsWith("<!"u8))
            {
                throw Fault("a declaration or comment stands inside a text");
            }
            else
            {
                return Decode(gathered.WrittenSpan);
            }
        }
    }

    /// <summary>The bytes up to the next tag, as they stand.</summary>
    internal ReadOnlySpan<byte> ReadRaw() =>
        Rest.IndexOf((byte)'<') is >= 0 and var length ? Take(length) : throw Fault("the file ends inside an element");

    internal readonly FirmwareFormatException Fault(string reason)
    {
        var read = _text[..Math.Min(_position, _text.Length)];
        var column = read.Length - read.LastIndexOf((byte)'\n');

        // Not by its offset: the text may have been recoded.
        return new FirmwareFormatException(PlistBudget.Format, -1, $"XML, line {read.Count((byte)'\n') + 1}, column {column}: {reason}");
    }

    private XmlPlistTag ReadTag()
    {
        var end = Rest.IndexOf((byte)'>');
        if (end < 0)
        {
            throw Fault("a tag is not closed");
        }

        var inside = Rest[1..end];
        var isEmpty = inside.EndsWith("/"u8);
        inside = isEmpty ? inside[..^1] : inside;
        var name = inside.IndexOfAny(TagEnds) is >= 0 and var length ? inside[..length] : inside;
        if (name.IsEmpty)
        {
            throw Fault("a tag has no name");
        }

        _position += end + 1;
        return new XmlPlistTag(name, inside[name.Length..], isEmpty);
    }

    private void SkipDocumentType()
    {
        if (!Rest.StartsWith("<!DOCTYPE"u8))
        {
            throw Fault("neither a comment nor a document type");
        }

        var end = Rest.IndexOfAny((byte)'[', (byte)'>');
        if (end < 0)
        {
            throw Fault("a document type without its end");
        }

        _position += end + 1;
        if (_text[_position - 1] == '>')
        {
            return;
        }

        SkipDeclarations();
        SkipSpace();
        if (!Rest.StartsWith(">"u8))
        {
            throw Fault("a document type without its end");
        }

        _position++;
    }

    // What is declared inside a document type counts for nothing.
    private void SkipDeclarations()
    {
        while (true)
        {
            SkipSpace();
            if (Rest.StartsWith("]"u8))
            {
                _position++;
                return;
            }

            if (Rest.StartsWith("%"u8))
            {
                SkipPast(";"u8, "a reference");
            }
            else if (Rest.StartsWith("<?"u8))
            {
                SkipPast("?>"u8, "a processing instruction");
            }
            else if (Rest.StartsWith("<!--"u8))
            {
                _position += 4;
                SkipPast("-->"u8, "a comment");
            }
            else if (Rest.StartsWith("<!"u8))
            {
                SkipPast(">"u8, "a declaration");
            }
            else
            {
                throw Fault("neither a declaration nor the end of a document type");
            }
        }
    }

    private void SkipPast(ReadOnlySpan<byte> end, string what)
    {
        var at = Rest.IndexOf(end);
        _position += at >= 0 ? at + end.Length : throw Fault($"{what} without its end");
    }

    private void SkipSpace()
    {
        var length = Rest.IndexOfAnyExcept(" \t\r\n"u8);
        _position += length < 0 ? Rest.Length : length;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        var taken = _text.Slice(_position, length);
        _position += length;
        return taken;
    }

    private readonly string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException fault)
        {
            throw Fault($"text that is not UTF-8: {fault.Message}");
        }
    }

    private void AddReference(ArrayBufferWriter<byte> gathered)
    {
        // A number of eight digits is as long as Core Foundation reads.
        var end = Rest[..Math.Min(Rest.Length, LongestReference + 3)].IndexOf((byte)';');
        var name = end > 0 ? Rest[1..end] : default;
        var character = name switch
        {
            [(byte)'l', (byte)'t'] => new Rune('<'),
            [(byte)'g', (byte)'t'] => new Rune('>'),
            [(byte)'a', (byte)'m', (byte)'p'] => new Rune('&'),
            [(byte)'a', (byte)'p', (byte)'o', (byte)'s'] => new Rune('\''),
            [(byte)'q', (byte)'u', (byte)'o', (byte)'t'] => new Rune('"'),
            [(byte)'#', (byte)'x', .. var digits] => ParseRune(digits, 16),
            [(byte)'#', .. var digits] => ParseRune(digits, 10),
            _ => throw Fault("a reference that is none of XML's own"),
        };
        character.EncodeToUtf8(gathered.GetSpan(4));
        gathered.Advance(character.Utf8SequenceLength);
        _position += end + 1;
    }

    private readonly Rune ParseRune(ReadOnlySpan<byte> digits, uint radix)
    {
        var value = 0u;
        foreach (var one in digits)
        {
            var digit = char.IsAsciiHexDigit((char)one) ? (uint)Convert.ToInt32(((char)one).ToString(), 16) : radix;
            value = digit < radix && value <= 0x10FFFF ? (value * radix) + digit : throw Fault("a reference by a number that is none");
        }

        return digits.Length > 0 && Rune.TryCreate(value, out var character) ? character : throw Fault("a reference to no character");
    }
}
