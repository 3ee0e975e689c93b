using System.Text;

namespace IpswDiff.Formats.Plist;

/// <summary>What can be told from the first bytes of a text property list: its encoding and whether it is XML.</summary>
internal static class PlistText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly UnicodeEncoding LittleUtf16 = new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);
    private static readonly UnicodeEncoding BigUtf16 = new(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true);

    /// <summary>The encoding by byte order mark, else by where the zeros of the first characters stand; the mark is <paramref name="skip"/> bytes long.</summary>
    internal static Encoding Detect(ReadOnlySpan<byte> bytes, out int skip)
    {
        (var encoding, skip) = bytes switch
        {
            [0xEF, 0xBB, 0xBF, ..] => ((Encoding)StrictUtf8, 3),
            [0xFF, 0xFE, ..] => (LittleUtf16, 2),
            [0xFE, 0xFF, ..] => (BigUtf16, 2),
            [0, not 0, ..] => (BigUtf16, 0),
            [not 0, 0, ..] => (LittleUtf16, 0),
            _ => (StrictUtf8, 0),
        };
        return encoding;
    }

    /// <summary>Whether the text begins with something only XML begins with.</summary>
    internal static bool BeginsMarkup(ReadOnlySpan<byte> prefix)
    {
        var text = Start(prefix);
        return text.StartsWith("<?xml") || text.StartsWith("<!") || BeginsElement(text);
    }

    /// <summary>Whether the text begins as an XML property list: a declaration is not enough, the word <c>plist</c> must come soon.</summary>
    internal static bool BeginsXmlPlist(ReadOnlySpan<byte> prefix)
    {
        var text = Start(prefix);
        return BeginsElement(text)
            || ((text.StartsWith("<?xml") || text.StartsWith("<!"))
                && (text.IndexOf("<plist") >= 0 || text.IndexOf("<!DOCTYPE plist") >= 0));
    }

    private static bool BeginsElement(ReadOnlySpan<char> text) =>
        text.StartsWith("<plist") || text.StartsWith("<dict") || text.StartsWith("<array");

    private static ReadOnlySpan<char> Start(ReadOnlySpan<byte> prefix)
    {
        prefix = prefix[..Math.Min(prefix.Length, PropertyList.HeadLength)];
        var encoding = Detect(prefix, out var skip);
        var lenient = encoding is UTF8Encoding ? Encoding.Latin1 : encoding is UnicodeEncoding && ReferenceEquals(encoding, BigUtf16) ? Encoding.BigEndianUnicode : Encoding.Unicode;
        return lenient.GetString(prefix[skip..]).AsSpan().TrimStart();
    }
}
