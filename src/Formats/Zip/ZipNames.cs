using System.Text;

namespace IpswDiff.Formats.Zip;

/// <summary>Member names: UTF-8 where the entry says so or where it cannot be anything else, else code page 437.</summary>
internal static class ZipNames
{
    // Code page 437 from 0x80 on, as Unicode's CP437.TXT maps it.
    private const string Upper =
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static string Decode(ReadOnlySpan<byte> bytes, bool isUtf8)
    {
        if (Ascii.IsValid(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        // Apple's tools write UTF-8 without setting the flag; text in code page 437 is practically never valid UTF-8.
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Strict.GetString(bytes);
        }

        return isUtf8
            ? Encoding.UTF8.GetString(bytes)
            : string.Create(bytes.Length, bytes, static (characters, source) =>
            {
                for (var i = 0; i < source.Length; i++)
                {
                    characters[i] = source[i] < 0x80 ? (char)source[i] : Upper[source[i] - 0x80];
                }
            });
    }
}
