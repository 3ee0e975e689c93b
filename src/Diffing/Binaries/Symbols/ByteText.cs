using System.Text;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>Bytes of a firmware as text that loses nothing: UTF-8 where they are, each other byte as <c>\xNN</c>.</summary>
internal static class ByteText
{
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length + 16);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune);
            }
            else
            {
                consumed = Math.Max(1, consumed);
                foreach (var b in bytes[..consumed])
                {
                    text.Append("\\x").Append(b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
                }
            }

            bytes = bytes[consumed..];
        }

        return text.ToString();
    }

    /// <summary>Whether every character is printable or white space, and the bytes are UTF-8.</summary>
    public static bool IsPrintable(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var other = bytes.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E);
            if (other < 0)
            {
                return true;
            }

            bytes = bytes[other..];
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) != System.Buffers.OperationStatus.Done || !IsPrintable(rune))
            {
                return false;
            }

            bytes = bytes[consumed..];
        }

        return true;
    }

    private static bool IsPrintable(Rune rune) => Rune.IsWhiteSpace(rune) || Rune.GetUnicodeCategory(rune) is not (
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or
        System.Globalization.UnicodeCategory.Surrogate or System.Globalization.UnicodeCategory.PrivateUse or
        System.Globalization.UnicodeCategory.OtherNotAssigned or System.Globalization.UnicodeCategory.LineSeparator or
        System.Globalization.UnicodeCategory.ParagraphSeparator);
}
