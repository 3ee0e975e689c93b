using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;

namespace IpswDiff.Cloud.Blobs;

/// <summary>Signs addresses of blobs.</summary>
internal interface IUploadSigner
{
    /// <exception cref="Azure.RequestFailedException">Storage gave no key to sign with.</exception>
    Task<Uri> SignAsync(BlobClient blob, BlobSasBuilder permissions, CancellationToken cancellationToken);
}

/// <summary>Signs with the key of the account that the connection string holds.</summary>
internal sealed class AccountKeySigner : IUploadSigner
{
    public Task<Uri> SignAsync(BlobClient blob, BlobSasBuilder permissions, CancellationToken cancellationToken) =>
        Task.FromResult(blob.GenerateSasUri(permissions));
}

/// <summary>Signs with a key that storage gives to the identity of the process for some hours (user delegation); it is held in memory alone.</summary>
/// <param name="service">The account.</param>
internal sealed class UserDelegationSigner(BlobServiceClient service) : IUploadSigner
{
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(6);

    private volatile UserDelegationKey? _key;

    public async Task<Uri> SignAsync(BlobClient blob, BlobSasBuilder permissions, CancellationToken cancellationToken)
    {
        // Two at once may both ask for a key; either will do.
        var key = _key;
        if (key is null || key.SignedExpiresOn < permissions.ExpiresOn || key.SignedStartsOn > permissions.StartsOn)
        {
            key = (await service.GetUserDelegationKeyAsync(permissions.StartsOn, permissions.StartsOn + KeyLifetime, cancellationToken).ConfigureAwait(false)).Value;
            _key = key;
        }

        return new BlobUriBuilder(blob.Uri) { Sas = permissions.ToSasQueryParameters(key, service.AccountName) }.ToUri();
    }
}
