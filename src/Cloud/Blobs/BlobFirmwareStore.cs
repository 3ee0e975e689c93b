using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;
using IpswDiff.Cloud.Faults;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cloud.Blobs;

/// <summary>Firmwares as blobs of one container; whoever uploads one does so without the service between.</summary>
public sealed class BlobFirmwareStore : IFirmwareStore
{
    // Clocks of machines differ; a signature that begins in the future is none.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private readonly BlobContainerClient _container;
    private readonly IUploadSigner? _signer;
    private readonly TimeSpan _lifetime;

    /// <summary>Uses a container that exists.</summary>
    internal BlobFirmwareStore(BlobContainerClient container, IArtifactStore files, IUploadSigner? signer, TimeSpan lifetime)
    {
        _container = container;
        _signer = signer;
        _lifetime = lifetime;
        Files = files;
    }

    /// <inheritdoc/>
    public IArtifactStore Files { get; }

    /// <inheritdoc/>
    public Uri? UploadOrigin => _signer is null ? null : new Uri(_container.Uri.GetLeftPart(UriPartial.Authority));

    /// <inheritdoc/>
    /// <remarks>Blobs outside folders. One that storage still copies from elsewhere is left out.</remarks>
    public async IAsyncEnumerable<FirmwareFile> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pages = _container.GetBlobsByHierarchyAsync(BlobTraits.CopyStatus, BlobStates.None, "/", null, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (pages.ConfigureAwait(false))
        {
            while (true)
            {
                BlobHierarchyItem item;
                try
                {
                    if (!await pages.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }

                    item = pages.Current;
                }
                catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
                {
                    throw StorageFaults.From(BlobTarget.Of(_container), fault);
                }

                if (item is { IsBlob: true, Blob: { Properties.CopyStatus: not (CopyStatus.Pending or CopyStatus.Failed or CopyStatus.Aborted) } blob })
                {
                    yield return new FirmwareFile(blob.Name, blob.Properties.ContentLength ?? 0, blob.Properties.ETag?.ToString() ?? string.Empty);
                }
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>The signature lets create and write this one blob, and neither read, list nor delete it or any other.</remarks>
    public async Task<UploadAddress?> CreateUploadAddressAsync(string name, CancellationToken cancellationToken)
    {
        ArtifactNames.Check(name);
        if (_signer is null)
        {
            return null;
        }

        var blob = _container.GetBlobClient(name);
        var now = DateTimeOffset.UtcNow;
        var permissions = new BlobSasBuilder(BlobSasPermissions.Create | BlobSasPermissions.Write, now + _lifetime)
        {
            BlobContainerName = _container.Name,
            BlobName = name,
            Resource = "b",
            StartsOn = now - ClockSkew,

            // Only Azurite on this machine speaks http.
            Protocol = blob.Uri is { Scheme: "http", IsLoopback: true } ? SasProtocol.HttpsAndHttp : SasProtocol.Https,
        };
        try
        {
            return new UploadAddress(await _signer.SignAsync(blob, permissions, cancellationToken).ConfigureAwait(false), permissions.ExpiresOn, BlobCopy.BlockBytes);
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
        {
            throw StorageFaults.From(BlobTarget.Of(blob), fault);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Storage reads the file itself where it can reach the server; otherwise the parts go through this process.</remarks>
    public async Task CopyAsync(string name, RemoteFile source, Action<long> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!await Files.ExistsAsync(name, cancellationToken).ConfigureAwait(false))
        {
            await new BlobCopy(_container.GetBlockBlobClient(name), BlobTarget.Of(_container.GetBlobClient(name)), source, progress).RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
