using IpswDiff.Cloud.Blobs;

namespace IpswDiff.Cloud;

/// <summary>Where in Azure Storage everything lies and how to get there. Has no readable form, because it may hold a key.</summary>
public sealed class CloudOptions
{
    /// <summary>A connection string, or <c>UseDevelopmentStorage=true</c> for Azurite on its usual ports; null where <see cref="AccountUrl"/> is set.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The account's blob address, <c>https://ACCOUNT.blob.core.windows.net</c>, used with the identity of the process; null with a connection string.</summary>
    public Uri? AccountUrl { get; init; }

    /// <summary>The account's table address; null derives it from <see cref="AccountUrl"/>.</summary>
    public Uri? TableUrl { get; init; }

    /// <summary>The client id of a user-assigned managed identity, or null.</summary>
    public string? ManagedIdentityClientId { get; init; }

    /// <summary>The container that firmwares are dropped into.</summary>
    public string FirmwareContainer { get; init; } = "firmwares";

    /// <summary>The container of unpacked firmwares, intermediate results and reports.</summary>
    public string ArtifactContainer { get; init; } = "artifacts";

    /// <summary>The table of runs.</summary>
    public string RunTable { get; init; } = "runs";

    /// <summary>The table of firmwares.</summary>
    public string FirmwareTable { get; init; } = "firmwares";

    /// <summary>The table of the activities' results.</summary>
    public string ActivityTable { get; init; } = "activities";

    /// <summary>Bytes of one range read.</summary>
    public int ReadBlockBytes { get; init; } = BlobByteSource.DefaultBlockBytes;

    /// <summary>Bytes of one uploaded block.</summary>
    public int UploadBlockBytes { get; init; } = BlobArtifactStore.DefaultBlockBytes;

    /// <summary>How long the address of an upload lasts, up to five hours.</summary>
    public TimeSpan UploadAddressLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The account that a command line names: a connection string, or the account's blob address, <c>https://ACCOUNT.blob.core.windows.net</c>.</summary>
    /// <exception cref="ArgumentException">It is an address with more than scheme and host; never repeats it.</exception>
    public static CloudOptions Of(string account)
    {
        ArgumentNullException.ThrowIfNull(account);
        if (!account.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return new CloudOptions { ConnectionString = account };
        }

        return Uri.TryCreate(account, UriKind.Absolute, out var address) && address is { UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" }
            ? new CloudOptions { AccountUrl = address }
            : throw new ArgumentException("the address of a storage account is https://ACCOUNT.blob.core.windows.net, without path and signature", nameof(account));
    }

    /// <summary>How often a request is sent again that storage failed, throttled or did not answer.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>The pause before the first retry; it doubles with each, up to <see cref="LongestRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>The longest pause between retries.</summary>
    public TimeSpan LongestRetryDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long an answer may stand still before the request counts as lost.</summary>
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
