using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>Recognises images under a passphrase: <c>encrcdsa</c> at the front (version 2), <c>cdsaencr</c> at the end (version 1).</summary>
internal static class EncryptedImage
{
    /// <summary>Why the image cannot be read, or null where it is not encrypted.</summary>
    internal static string? Describe(ByteSource source)
    {
        if (source.Length < 8)
        {
            return null;
        }

        Span<byte> magic = stackalloc byte[8];
        source.ReadExactly(0, magic);
        if (magic.SequenceEqual("encrcdsa"u8))
        {
            return "the image is encrypted with a passphrase (encrcdsa); convert it with hdiutil first";
        }

        source.ReadExactly(source.Length - 8, magic);
        return magic.SequenceEqual("cdsaencr"u8)
            ? "the image is encrypted with a passphrase (cdsaencr); convert it with hdiutil first"
            : null;
    }
}
