using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// The keys that may open one archive, cheapest first: those given, that of its file name in the database, the one
/// the archive carries,
/// the one wrapped in it (opened with a private key from the database, then with one fetched). Remembers why each
/// failed, for one helpful line. No key enters a message.
/// </summary>
internal sealed class AeaKeySearch(AeaPrologue prologue, AeaKeyOptions options)
{
    private readonly List<string> _tried = [];

    internal IEnumerable<byte[]> Candidates()
    {
        foreach (var given in options.Given)
        {
            yield return given.ToArray();
        }

        if (options.Given.Count > 0)
        {
            _tried.Add(options.Given.Count == 1 ? "the key given does not open it" : "none of the keys given opens it");
        }

        if (options.ArchiveName is { } file && options.Database?.FindArchiveKey(file) is { } named)
        {
            yield return named;
            _tried.Add("the database's key for this file does not open it");
        }

        if (prologue.OwnKey is { } own)
        {
            if (TryParseOwn(own, out var key))
            {
                yield return key;
            }

            _tried.Add("the key it carries does not open it");
        }

        if (prologue.WrappedKey is null || prologue.KeyName is not { Length: > 0 } name)
        {
            yield break;
        }

        if (options.Database?.FindPrivateKey(name) is { } listed)
        {
            if (Unwrap(listed, "the private key of that name in the database") is { } key)
            {
                yield return key;
                _tried.Add("the private key of that name in the database does not open it");
            }
        }
        else if (options.Database is not null)
        {
            _tried.Add("the database has no key of that name");
        }

        if (options.Fetch is not null && Fetch() is { } fetched && Unwrap(fetched, "the fetched private key") is { } unwrapped)
        {
            yield return unwrapped;
            _tried.Add("the fetched private key does not open it");
        }
    }

    internal FirmwareFormatException Failure()
    {
        var tried = _tried.Count == 0 ? string.Empty : $" ({string.Join("; ", _tried)})";
        var reason = prologue is { WrappedKey: not null, KeyName: { Length: > 0 } name }
            ? $"encrypted, and no key opens it{tried}: the private key \"{Printable(name)}\" is wanted; give the archive's own key with --aea-key, "
                + "a database that has the private key, or the archive's by its file name, with --aea-keys, "
                + "or let it be fetched online (without --offline)"
            : $"encrypted, and no key opens it{tried}: the archive names no published key; "
                + "give its own key with --aea-key, or a database that has it by the file's name with --aea-keys";
        return new FirmwareFormatException(AeaPrologue.Format, -1, reason);
    }

    private byte[]? Fetch()
    {
        try
        {
            return options.FetchOnce(prologue.KeyUrl!);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or TimeoutException or OperationCanceledException
            or FirmwareFormatException)
        {
            _tried.Add($"fetching the private key failed: {fault.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    // com.apple.wkms.fcs-response: {"enc-request": encapsulated key, "wrapped-key": sealed key}, both in base64.
    private byte[]? Unwrap(byte[] privateKey, string whose)
    {
        try
        {
            using var document = JsonDocument.Parse(prologue.WrappedKey, new JsonDocumentOptions { MaxDepth = 8 });
            var encapsulated = document.RootElement.GetProperty("enc-request").GetBytesFromBase64();
            var wrapped = document.RootElement.GetProperty("wrapped-key").GetBytesFromBase64();
            using var recipient = AeaPrivateKey.Read(privateKey);
            return Hpke.Open(recipient, encapsulated, wrapped);
        }
        catch (Exception fault) when (fault is CryptographicException)
        {
            _tried.Add($"{whose} does not fit");
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            _tried.Add("its fcs-response is damaged");
        }

        return null;
    }

    private static bool TryParseOwn(byte[] field, out byte[] key)
    {
        var text = Encoding.ASCII.GetString(field).AsSpan().Trim();
        key = new byte[AeaKeyOptions.KeySize];
        if (field.Length == key.Length)
        {
            field.CopyTo(key, 0);
            return true;
        }

        return text.Length == 2 * key.Length
            && Convert.FromHexString(text, key, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == key.Length;
    }

    // The name comes from the archive and ends up on a terminal.
    private static string Printable(string name) =>
        string.Concat(name.Take(200).Select(c => c is > ' ' and < '\x7f' and not '"' ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"%{(int)c:x2}")));
}
