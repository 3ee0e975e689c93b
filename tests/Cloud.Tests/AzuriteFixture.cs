using System.Globalization;
using IpswDiff.Cloud.Tests;
using IpswDiff.Forge.Azurite;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace IpswDiff.Cloud.Tests;

/// <summary>One Azurite for all tests of this project; each test has containers and tables of its own in it.</summary>
public sealed class AzuriteFixture : IDisposable
{
    private static int s_numbers;

    private readonly Lazy<AzuriteServer> _server = new(() => AzuriteServer.Launch());

    /// <summary>Options for containers and tables that no other test uses; skips the test where Azurite cannot run.</summary>
    public CloudOptions NewOptions(int retries = 2, TimeSpan? uploadLifetime = null)
    {
        Assert.SkipWhen(AzuriteServer.Absence is not null, AzuriteServer.Absence ?? string.Empty);
        return OptionsFor(_server.Value.ConnectionString, retries, uploadLifetime);
    }

    /// <summary>A prepared account of the test's own.</summary>
    public async Task<CloudStorage> OpenAsync(CancellationToken token)
    {
        var storage = CloudStorage.Open(NewOptions());
        await storage.PrepareAsync(token);
        return storage;
    }

    public static CloudOptions OptionsFor(string connection, int retries, TimeSpan? uploadLifetime = null)
    {
        var number = Interlocked.Increment(ref s_numbers).ToString(CultureInfo.InvariantCulture);
        return new CloudOptions
        {
            ConnectionString = connection,
            FirmwareContainer = "firmwares" + number,
            ArtifactContainer = "artifacts" + number,
            RunTable = "runs" + number,
            FirmwareTable = "firmwares" + number,
            ActivityTable = "activities" + number,
            ReadBlockBytes = 64 << 10,
            UploadBlockBytes = 64 << 10,
            UploadAddressLifetime = uploadLifetime ?? TimeSpan.FromHours(1),
            Retries = retries,
            RetryDelay = TimeSpan.FromMilliseconds(10),
            LongestRetryDelay = TimeSpan.FromMilliseconds(100),
            NetworkTimeout = TimeSpan.FromSeconds(20),
        };
    }

    public void Dispose()
    {
        if (_server.IsValueCreated)
        {
            _server.Value.Dispose();
        }
    }
}
