using System.Diagnostics.CodeAnalysis;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using IpswDiff.Cloud.Blobs;
using IpswDiff.Cloud.Faults;
using IpswDiff.Cloud.Tables;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cloud;

/// <summary>One Azure Storage account, opened: artifacts, the catalogue and the firmwares that lie in blobs.</summary>
public sealed class CloudStorage
{
    private readonly CloudOptions _options;
    private readonly BlobContainerClient _artifacts;
    private readonly BlobContainerClient _firmwares;
    private readonly TableRunCatalog _catalog;

    private CloudStorage(CloudOptions options, BlobServiceClient blobs, TableServiceClient tables, IUploadSigner? signer)
    {
        _options = options;
        _artifacts = blobs.GetBlobContainerClient(options.ArtifactContainer);
        _firmwares = blobs.GetBlobContainerClient(options.FirmwareContainer);
        Artifacts = new BlobArtifactStore(_artifacts, options.UploadBlockBytes, options.ReadBlockBytes);
        Firmwares = new BlobFirmwareStore(
            _firmwares, new BlobArtifactStore(_firmwares, options.UploadBlockBytes, options.ReadBlockBytes), signer, options.UploadAddressLifetime);
        _catalog = new TableRunCatalog(
            tables.GetTableClient(options.RunTable), tables.GetTableClient(options.FirmwareTable), tables.GetTableClient(options.ActivityTable));
    }

    /// <summary>Unpacked firmwares, intermediate results and reports.</summary>
    public IArtifactStore Artifacts { get; }

    /// <summary>The firmwares as they were uploaded.</summary>
    public IFirmwareStore Firmwares { get; }

    /// <summary>The catalogue of runs, firmwares and activities.</summary>
    public IRunCatalog Catalog => _catalog;

    /// <summary>Opens the account that <paramref name="options"/> name. Sends no request.</summary>
    /// <exception cref="ArgumentException">The options contradict each other or the connection string is none; never repeats it.</exception>
    public static CloudStorage Open(CloudOptions options) => Open(options, null, null);

    /// <summary>As the other, with a policy in every pipeline below the retries and a transport of the caller's.</summary>
    [SuppressMessage("Design", "MA0054", Justification = "The library's message may repeat parts of the connection string, which holds a key.")]
    internal static CloudStorage Open(CloudOptions options, HttpPipelinePolicy? perRetry, HttpPipelineTransport? transport)
    {
        ArgumentNullException.ThrowIfNull(options);
        if ((options.ConnectionString is null) == (options.AccountUrl is null))
        {
            throw new ArgumentException("name either a connection string or an account address", nameof(options));
        }

        var blobOptions = Prepare(new BlobClientOptions(), options, perRetry, transport);
        var tableOptions = Prepare(new TableClientOptions(), options, perRetry, transport);
        if (options.AccountUrl is { } address)
        {
            var credential = Credential(options.ManagedIdentityClientId);
            var account = new BlobServiceClient(address, credential, blobOptions);
            return new CloudStorage(
                options, account, new TableServiceClient(options.TableUrl ?? TableAddress(address), credential, tableOptions), new UserDelegationSigner(account));
        }

        try
        {
            // A connection string may hold a signature in place of the account's key; nothing can be signed with it then.
            var account = new BlobServiceClient(options.ConnectionString, blobOptions);
            return new CloudStorage(
                options,
                account,
                new TableServiceClient(options.ConnectionString, tableOptions),
                account.CanGenerateAccountSasUri ? new AccountKeySigner() : null);
        }
        catch (Exception fault) when (fault is FormatException or InvalidOperationException or ArgumentException)
        {
            throw new ArgumentException("the connection string of the storage account cannot be understood", nameof(options));
        }
    }

    /// <summary>
    /// Who the process is before the account: the managed identity of that client id and nobody else, so that nothing else is tried when it cannot be
    /// had; without an id whoever this machine is signed in as.
    /// </summary>
    public static TokenCredential Credential(string? managedIdentityClientId) => managedIdentityClientId is { Length: > 0 } id
        ? new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(id))
        : new DefaultAzureCredential();

    /// <summary>Makes containers and tables that do not exist yet. Needed once for an account; may be called at any start.</summary>
    /// <exception cref="StorageFaultException">Storage failed.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        foreach (var container in (BlobContainerClient[])[_artifacts, _firmwares])
        {
            try
            {
                await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
            {
                throw StorageFaults.From(BlobTarget.Of(container), fault);
            }
        }

        await _catalog.PrepareAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A firmware that lies in the container of firmwares, readable at any offset where it lies; null where there is none of that name.</summary>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="StorageFaultException">Storage failed.</exception>
    public async Task<ByteSource?> TryOpenFirmwareAsync(string name, CancellationToken cancellationToken)
    {
        ArtifactNames.Check(name);
        return await BlobByteSource.TryOpenAsync(_firmwares.GetBlobClient(name), _options.ReadBlockBytes, null, cancellationToken).ConfigureAwait(false);
    }

    private static T Prepare<T>(T client, CloudOptions options, HttpPipelinePolicy? perRetry, HttpPipelineTransport? transport)
        where T : ClientOptions
    {
        client.Retry.Mode = RetryMode.Exponential;
        client.Retry.MaxRetries = options.Retries;
        client.Retry.Delay = options.RetryDelay;
        client.Retry.MaxDelay = options.LongestRetryDelay;
        client.Retry.NetworkTimeout = options.NetworkTimeout;
        client.Diagnostics.IsLoggingContentEnabled = false;
        if (perRetry is not null)
        {
            client.AddPolicy(perRetry, HttpPipelinePosition.PerRetry);
        }

        if (transport is not null)
        {
            client.Transport = transport;
        }

        return client;
    }

    private static Uri TableAddress(Uri blobs) =>
        new UriBuilder(blobs) { Host = blobs.Host.Replace(".blob.", ".table.", StringComparison.Ordinal) }.Uri;
}
