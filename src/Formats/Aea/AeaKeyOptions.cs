using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// Where the keys of archives may come from. One object serves all archives of a run: it remembers the private keys it fetched.
/// </summary>
public sealed class AeaKeyOptions
{
    /// <summary>Bytes of an archive's symmetric key.</summary>
    public const int KeySize = 32;

    private readonly ConcurrentDictionary<Uri, byte[]> _fetched = new();

    /// <summary>No keys but what archives carry themselves.</summary>
    public static AeaKeyOptions None { get; } = new();

    /// <summary>A symmetric key to try first, 32 bytes (<c>--aea-key</c>); empty for none.</summary>
    public ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>Private keys by name (<c>--aea-keys</c>), or null.</summary>
    public AeaPrivateKeyDatabase? Database { get; init; }

    /// <summary>
    /// Fetches the private key that an archive names by its URL, in PEM or DER; null to stay offline. Failures are
    /// <see cref="IOException"/>, <see cref="HttpRequestException"/> or <see cref="TimeoutException"/>. <see cref="AeaKeyService"/> has the real one.
    /// </summary>
    public Func<Uri, byte[]>? Fetch { get; init; }

    /// <summary>The signer's P-256 public key of signed archives, 65 bytes in X9.62 encoding; empty for none.</summary>
    public ReadOnlyMemory<byte> SigningPublicKey { get; init; }

    /// <summary>Reads a symmetric key from base64, as <c>--aea-key</c> gives it (with or without <c>base64:</c> in front).</summary>
    /// <exception cref="FormatException">The text is no base64 of 32 bytes. The message does not repeat it.</exception>
    public static byte[] ParseKey(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        const string Prefix = "base64:";
        var digits = text.AsSpan().Trim();
        digits = digits.StartsWith(Prefix, StringComparison.Ordinal) ? digits[Prefix.Length..] : digits;
        var key = new byte[KeySize + 3];
        return Convert.TryFromBase64Chars(digits, key, out var count) && count == KeySize
            ? key[..KeySize]
            : throw new FormatException($"an AEA key is {KeySize} bytes in base64 ({(KeySize + 2) / 3 * 4} characters)");
    }

    /// <summary>The private key behind a URL, fetched once.</summary>
    internal byte[] FetchOnce(Uri url) => _fetched.GetOrAdd(url, static (url, fetch) => fetch(url), Fetch!);
}
