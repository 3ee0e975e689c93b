namespace IpswDiff.Formats.Aea;

/// <summary>
/// Where the keys of archives may come from. One object serves all archives of a run: it remembers the private keys it fetched.
/// </summary>
public sealed class AeaKeyOptions
{
    /// <summary>Bytes of an archive's symmetric key.</summary>
    public const int KeySize = 32;

    private const string Prefix = "base64:";

    private FetchedKeys _fetched = new();

    /// <summary>No keys but what archives carry themselves.</summary>
    public static AeaKeyOptions None { get; } = new();

    /// <summary>
    /// Symmetric keys to try first, 32 bytes each (<c>--aea-key</c>). An archive proves its key, so those of other
    /// archives do no harm.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Given { get; init; } = [];

    /// <summary>Keys by name (<c>--aea-keys</c>), or null.</summary>
    public AeaKeyDatabase? Database { get; init; }

    /// <summary>
    /// Fetches the private key that an archive names by its URL, in PEM or DER; null to stay offline. Failures are
    /// <see cref="IOException"/>, <see cref="HttpRequestException"/> or <see cref="TimeoutException"/>. <see cref="AeaKeyService"/> has the real one.
    /// </summary>
    public Func<Uri, byte[]>? Fetch { get; init; }

    /// <summary>The signer's P-256 public key of signed archives, 65 bytes in X9.62 encoding; empty for none.</summary>
    public ReadOnlyMemory<byte> SigningPublicKey { get; init; }

    /// <summary>
    /// The file name of the archive to be opened, by which a database may have its key; null where it has none.
    /// </summary>
    public string? ArchiveName { get; private init; }

    /// <summary>
    /// Reads symmetric keys from base64, as <c>--aea-key</c> gives them: one, or several with commas between them.
    /// </summary>
    /// <exception cref="FormatException">One is no base64 of 32 bytes. The message does not repeat it.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> ParseKeys(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. text.Split(',').Select(key => (ReadOnlyMemory<byte>)ParseKey(key))];
    }

    /// <summary>Reads a symmetric key from base64 (with or without <c>base64:</c> in front).</summary>
    /// <exception cref="FormatException">The text is no base64 of 32 bytes. The message does not repeat it.</exception>
    public static byte[] ParseKey(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParseKey(text)
            ?? throw new FormatException(
                $"an AEA key is {KeySize} bytes in base64 ({(KeySize + 2) / 3 * 4} characters)");
    }

    /// <summary>
    /// The same options for the archive with that file name; what was fetched is remembered for all of them.
    /// </summary>
    public AeaKeyOptions For(string archiveName) => Copy(Given, archiveName);

    /// <summary>The same options with these keys tried before the others.</summary>
    public AeaKeyOptions With(IReadOnlyList<ReadOnlyMemory<byte>> keys) => Copy([.. keys, .. Given], ArchiveName);

    /// <summary>A symmetric key in base64, or null.</summary>
    internal static byte[]? TryParseKey(string text)
    {
        var digits = text.AsSpan().Trim();
        digits = digits.StartsWith(Prefix, StringComparison.Ordinal) ? digits[Prefix.Length..] : digits;
        var key = new byte[KeySize + 3];
        return digits.Length <= 2 * KeySize
            && Convert.TryFromBase64Chars(digits, key, out var count) && count == KeySize
            ? key[..KeySize]
            : null;
    }

    /// <summary>The private key behind a URL, fetched once.</summary>
    internal byte[] FetchOnce(Uri url) => _fetched.Get(url, Fetch!);

    private AeaKeyOptions Copy(IReadOnlyList<ReadOnlyMemory<byte>> given, string? archiveName) => new()
    {
        Given = given,
        Database = Database,
        Fetch = Fetch,
        SigningPublicKey = SigningPublicKey,
        ArchiveName = archiveName,
        _fetched = _fetched,
    };
}
