using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Inputs;

/// <summary>Where keys of encrypted archives come from, the same for command line, service and Functions.</summary>
public static class ArchiveKeys
{
    private static readonly Lazy<HttpClient> Client = new(
        () => new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }));

    /// <summary>
    /// Keys to try, in this order: those given, that of an archive's file name or its private key in a database, the
    /// one that
    /// Apple publishes. Keys that were fetched stay in memory, and each is fetched once.
    /// </summary>
    /// <param name="keys">Symmetric keys in base64 with commas between them, or null.</param>
    /// <param name="database">A database of keys as UTF-8 JSON (<see cref="AeaKeyDatabase"/>); empty for none.</param>
    /// <param name="isOffline">Whether nothing may be fetched.</param>
    /// <exception cref="FormatException">A key is no base64 of 32 bytes; the message does not repeat it.</exception>
    /// <exception cref="FirmwareFormatException">The database has neither of its shapes.</exception>
    public static AeaKeyOptions Open(string? keys, ReadOnlyMemory<byte> database, bool isOffline) => new()
    {
        Given = keys is null ? [] : AeaKeyOptions.ParseKeys(keys),
        Database = database.IsEmpty ? null : AeaKeyDatabase.Read(database),
        Fetch = isOffline ? null : static url => AeaKeyService.Fetch(url, Client.Value),
    };

    /// <summary>How inputs are opened with such keys and nothing else.</summary>
    /// <exception cref="FormatException">A key is no base64 of 32 bytes; the message does not repeat it.</exception>
    /// <exception cref="FirmwareFormatException">The database has neither of its shapes.</exception>
    public static InputOptions Inputs(string? keys, ReadOnlyMemory<byte> database, bool isOffline) => new()
    {
        Images = new Formats.DiskImages.DiskImageOptions { Keys = Open(keys, database, isOffline) },
    };
}
