using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// Reads P-256 private keys: PKCS #8 or SEC 1, in DER, PEM, or either of them in base64. Scalars written in fewer than 32 bytes, which
/// published keys have and the platform refuses, are padded.
/// </summary>
internal static class AeaPrivateKey
{
    private const int ScalarSize = 32;
    private const byte DerSequence = 0x30;

    /// <exception cref="CryptographicException">The bytes are no private key.</exception>
    internal static ECDiffieHellman Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var scalar = Scalar(new AsnReader(Unwrap(bytes), AsnEncodingRules.BER));
            var padded = new byte[ScalarSize];
            scalar.CopyTo(padded.AsSpan(ScalarSize - scalar.Length));
            return ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = padded });
        }
        catch (Exception fault) when (fault is AsnContentException or FormatException or ArgumentException)
        {
            throw new CryptographicException("no P-256 private key", fault);
        }
    }

    // Text is unwrapped at most twice: base64 of PEM, PEM of base64 of DER.
    private static byte[] Unwrap(ReadOnlySpan<byte> bytes)
    {
        for (var layer = 0; layer < 3; layer++)
        {
            if (!bytes.IsEmpty && bytes[0] == DerSequence && !IsText(bytes))
            {
                return bytes.ToArray();
            }

            var text = Encoding.ASCII.GetString(bytes);
            bytes = Convert.FromBase64String(PemEncoding.TryFind(text, out var fields) ? text[fields.Base64Data] : text);
        }

        throw new FormatException();
    }

    private static bool IsText(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExceptInRange((byte)'\n', (byte)'~') < 0;

    // ECPrivateKey (RFC 5915): version 1, scalar. PrivateKeyInfo (RFC 5208): version 0, algorithm, ECPrivateKey in an octet string.
    private static byte[] Scalar(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        if (sequence.ReadInteger() == 0)
        {
            sequence.ReadSequence();
            sequence = new AsnReader(sequence.ReadOctetString(), AsnEncodingRules.BER).ReadSequence();
            sequence.ReadInteger();
        }

        var scalar = sequence.ReadOctetString();
        return scalar.Length is > 0 and <= ScalarSize ? scalar : throw new AsnContentException();
    }
}
