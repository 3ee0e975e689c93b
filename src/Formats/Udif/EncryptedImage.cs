using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>Recognises images under a passphrase: <c>encrcdsa</c> at the front (version 2), <c>cdsaencr</c> at the end (version 1).</summary>
internal static class EncryptedImage
{
    internal const int MagicLength = 8;

    /// <summary>Whether a file that begins with <paramref name="head"/> is an encrypted image of version 2.</summary>
    internal static bool Begins(ReadOnlySpan<byte> head) => head.StartsWith("encrcdsa"u8);

    /// <summary>Why the image cannot be read, or null where it is not encrypted.</summary>
    internal static string? Describe(ByteSource source)
    {
        if (source.Length < MagicLength)
        {
            return null;
        }

        Span<byte> magic = stackalloc byte[MagicLength];
        source.ReadExactly(0, magic);
        if (Begins(magic))
        {
            return "the image is encrypted with a passphrase (encrcdsa); convert it with hdiutil first";
        }

        source.ReadExactly(source.Length - MagicLength, magic);
        return magic.SequenceEqual("cdsaencr"u8)
            ? "the image is encrypted with a passphrase (cdsaencr); convert it with hdiutil first"
            : null;
    }
}
