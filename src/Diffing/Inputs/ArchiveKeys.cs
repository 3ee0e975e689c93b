using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Inputs;

/// <summary>Where keys of encrypted archives come from, the same for command line, service and Functions.</summary>
public static class ArchiveKeys
{
    private static readonly Lazy<HttpClient> Client = new(
        () => new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }));

    /// <summary>
    /// Keys to try, in this order: the one given, the private key of an archive in a database, the one that Apple
    /// publishes. Keys that were fetched stay in memory, and each is fetched once.
    /// </summary>
    /// <param name="key">A symmetric key in base64, or null.</param>
    /// <param name="database">A database of private keys as UTF-8 JSON: name to PEM; empty for none.</param>
    /// <param name="isOffline">Whether nothing may be fetched.</param>
    /// <exception cref="FormatException">The key is no base64 of 32 bytes; the message does not repeat it.</exception>
    /// <exception cref="FirmwareFormatException">The database is no JSON object of strings.</exception>
    public static AeaKeyOptions Open(string? key, ReadOnlyMemory<byte> database, bool isOffline) => new()
    {
        Key = key is null ? default : AeaKeyOptions.ParseKey(key),
        Database = database.IsEmpty ? null : AeaPrivateKeyDatabase.Read(database),
        Fetch = isOffline ? null : static url => AeaKeyService.Fetch(url, Client.Value),
    };

    /// <summary>How inputs are opened with such keys and nothing else.</summary>
    /// <exception cref="FormatException">The key is no base64 of 32 bytes; the message does not repeat it.</exception>
    /// <exception cref="FirmwareFormatException">The database is no JSON object of strings.</exception>
    public static InputOptions Inputs(string? key, ReadOnlyMemory<byte> database, bool isOffline) => new()
    {
        Images = new Formats.DiskImages.DiskImageOptions { Keys = Open(key, database, isOffline) },
    };
}
