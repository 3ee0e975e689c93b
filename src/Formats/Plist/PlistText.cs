using System.Buffers;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Plist;

/// <summary>
/// The encoding of a text property list and whether it is XML: by byte order mark, else by where the zeros of the first characters
/// stand, else by the XML declaration (Core Foundation, <c>encodingForXMLData</c> of <c>CFPropertyList.c</c>).
/// </summary>
internal static class PlistText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly UnicodeEncoding LittleUtf16 = new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);
    private static readonly UnicodeEncoding BigUtf16 = new(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true);
    private static readonly UTF32Encoding LittleUtf32 = new(bigEndian: false, byteOrderMark: false, throwOnInvalidCharacters: true);
    private static readonly UTF32Encoding BigUtf32 = new(bigEndian: true, byteOrderMark: false, throwOnInvalidCharacters: true);

    private static readonly SearchValues<char> NameEnds = SearchValues.Create(" \t\r\n/>");

    private static readonly string[] Elements = ["plist", "dict", "array", "string", "integer", "real", "true", "false", "date", "data", "key", "set"];

    /// <summary>The encoding by byte order mark, else by where the zeros of the first characters stand; the mark is <paramref name="skip"/> bytes long.</summary>
    internal static Encoding Detect(ReadOnlySpan<byte> bytes, out int skip)
    {
        (var encoding, skip) = bytes switch
        {
            [0, 0, 0xFE, 0xFF, ..] => ((Encoding)BigUtf32, 4),
            [0xFF, 0xFE, 0, 0, _, ..] => (LittleUtf32, 4),
            [0xEF, 0xBB, 0xBF, ..] => (StrictUtf8, 3),
            [0xFF, 0xFE, ..] => (LittleUtf16, 2),
            [0xFE, 0xFF, ..] => (BigUtf16, 2),
            [0, not 0, ..] => (BigUtf16, 0),
            [not 0, 0, ..] => (LittleUtf16, 0),
            _ => (StrictUtf8, 0),
        };
        return encoding;
    }

    /// <summary>
    /// An XML text in UTF-8, without its byte order mark. What is UTF-8 already is not looked at; its strings are as they are read.
    /// </summary>
    /// <exception cref="FirmwareFormatException">It declares an encoding that is not known, or is not in the one it declares.</exception>
    internal static ReadOnlyMemory<byte> ToUtf8(ReadOnlyMemory<byte> bytes)
    {
        var encoding = Detect(bytes.Span, out var skip);
        if (encoding is not UTF8Encoding)
        {
            return Recode(bytes.Span[skip..], encoding.GetString, encoding.WebName);
        }

        return skip > 0 || DeclaredEncoding(bytes.Span) is not { } name ? bytes[skip..] : Recode(bytes, name);
    }

    /// <summary>Whether the text begins with something only XML begins with.</summary>
    internal static bool BeginsMarkup(ReadOnlySpan<byte> prefix)
    {
        var text = Start(prefix);
        return text.StartsWith("<?") || text.StartsWith("<!") || BeginsElement(text);
    }

    /// <summary>Whether the text begins as an XML property list: a declaration is not enough, the word <c>plist</c> must come soon.</summary>
    internal static bool BeginsXmlPlist(ReadOnlySpan<byte> prefix)
    {
        var text = Start(prefix);
        return BeginsElement(text)
            || ((text.StartsWith("<?xml") || text.StartsWith("<!"))
                && (text.IndexOf("<plist") >= 0 || text.IndexOf("<!DOCTYPE plist") >= 0));
    }

    /// <summary>Whether a file that begins with <paramref name="prefix"/> is text in the encoding that its first bytes show: no control characters but space.</summary>
    internal static bool LooksLikeText(ReadOnlySpan<byte> prefix)
    {
        foreach (var one in Start(prefix))
        {
            if (char.IsControl(one) && one < 0x80 && !char.IsWhiteSpace(one))
            {
                return false;
            }
        }

        return true;
    }

    private static bool BeginsElement(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith("<"))
        {
            return false;
        }

        var end = text.IndexOfAny(NameEnds);
        foreach (var element in Elements)
        {
            if (end > 0 && text[1..end].SequenceEqual(element))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> Start(ReadOnlySpan<byte> prefix)
    {
        prefix = prefix[..Math.Min(prefix.Length, PropertyList.HeadLength)];
        var encoding = Detect(prefix, out var skip);
        var lenient = encoding is UTF8Encoding
            ? Encoding.Latin1
            : Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ReplacementFallback, DecoderFallback.ReplacementFallback);
        return lenient.GetString(prefix[skip..]).AsSpan().TrimStart();
    }

    /// <summary>The encoding that <c>&lt;?xml … encoding="…"</c> at the very beginning names, or null.</summary>
    private static string? DeclaredEncoding(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAny((byte)'>', (byte)'\0');
        if (!bytes.StartsWith("<?xml"u8) || end < 0)
        {
            return null;
        }

        var declaration = bytes[5..end];
        var at = declaration.IndexOf("encoding="u8);
        if (at < 0 || declaration[at..].Length < 11)
        {
            return null;
        }

        var value = declaration[(at + 9)..];
        var length = value[0] is (byte)'"' or (byte)'\'' ? value[1..].IndexOf(value[0]) : -1;
        return length < 0 ? null : Encoding.Latin1.GetString(value.Slice(1, length));
    }

    private static ReadOnlyMemory<byte> Recode(ReadOnlyMemory<byte> bytes, string name)
    {
        if (name.StartsWith("macintosh", StringComparison.OrdinalIgnoreCase))
        {
            return Recode(bytes.Span, MacRomanCharacters.Decode, name);
        }

        // Names are compared without dashes, as ICU does. A declaration that could be read one byte at a time is in none of the wide
        // encodings, whatever it says.
        var plain = name.Replace("-", string.Empty, StringComparison.Ordinal).Replace("_", string.Empty, StringComparison.Ordinal).ToUpperInvariant();
        if (plain is "UTF8" or "UTF16" or "UTF16LE" or "UTF16BE" or "UTF32" or "UTF32LE" or "UTF32BE" or "UCS2")
        {
            return bytes;
        }

        var encoding = FindEncoding(name)
            ?? throw new FirmwareFormatException(PlistBudget.Format, 0, $"XML: the encoding \"{(name.Length <= 64 ? name : name[..64] + "…")}\" is not known");
        return Recode(bytes.Span, encoding.GetString, name);
    }

    private static Encoding? FindEncoding(string name)
    {
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                ?? Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private delegate string Decoder(ReadOnlySpan<byte> bytes);

    private static ReadOnlyMemory<byte> Recode(ReadOnlySpan<byte> bytes, Decoder decode, string name)
    {
        try
        {
            return StrictUtf8.GetBytes(decode(bytes));
        }
        catch (ArgumentException fault)
        {
            throw new FirmwareFormatException(PlistBudget.Format, 0, $"XML: the text is not in its encoding, {name}: {fault.Message}", fault);
        }
    }
}
