using IpswDiff.Diffing.Options;

namespace IpswDiff.Diffing.Storage;

/// <summary>A firmware that lies in a store.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Version">A mark that changes when its content is replaced: an ETag, or size and time of a file.</param>
public sealed record FirmwareFile(string Name, long Size, string Version);

/// <summary>
/// Where one firmware may be uploaded to without the service between. The address is a secret while it lasts: it is answered to whoever asked for it,
/// and neither kept nor logged.
/// </summary>
/// <param name="Address">The address, signed.</param>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="BlockBytes">The bytes of a block that whoever uploads had better send at once.</param>
public sealed record UploadAddress(Uri Address, DateTimeOffset ExpiresAt, int BlockBytes)
{
    /// <summary>The account's host and nothing of the signature.</summary>
    public override string ToString() => Address.GetLeftPart(UriPartial.Authority);
}

/// <summary>The firmwares of a service: a folder, or a container of blobs. Safe for concurrent use.</summary>
public interface IFirmwareStore
{
    /// <summary>The firmwares as artifacts: made whole or not at all, read at any offset where they lie.</summary>
    IArtifactStore Files { get; }

    /// <summary>Scheme, host and port that upload addresses are on; null where uploads are streamed through the service.</summary>
    Uri? UploadOrigin { get; }

    /// <summary>The firmwares that people put there, in no particular order; those that the service fetched itself are not among them.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    IAsyncEnumerable<FirmwareFile> ListAsync(CancellationToken cancellationToken);

    /// <summary>A short-lived address under which this one firmware may be created, and nothing else done; null where uploads are streamed.</summary>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<UploadAddress?> CreateUploadAddressAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Copies a file of a server into the store, part by part; a copy of the same version that was interrupted is gone on with, also by another
    /// process. What has the name already stays.
    /// </summary>
    /// <param name="name">The name; visible once the copy is whole.</param>
    /// <param name="source">The file.</param>
    /// <param name="progress">Told the bytes that are there, from several threads.</param>
    /// <param name="cancellationToken">Ends the copy; the next call goes on with it.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="RemoteFileChangedException">The server has replaced the file; nothing of it is of use.</exception>
    /// <exception cref="DiffFailedException">The server refuses.</exception>
    /// <exception cref="IOException">The server, the network or the storage failed; call again.</exception>
    Task CopyAsync(string name, RemoteFile source, Action<long> progress, CancellationToken cancellationToken);
}
