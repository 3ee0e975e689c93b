using System.Globalization;
using IpswDiff.Forge.Azurite;
using IpswDiff.Functions.Tests.AzureStorage;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>One Azurite for all tests of this project; each test has containers, tables and a task hub of its own in it.</summary>
public sealed class AzuriteFixture : IDisposable
{
    private static int s_numbers;

    private readonly Lazy<AzuriteServer> _server = new(() => AzuriteServer.Launch());

    /// <summary>What a client connects with; skips the test where Azurite cannot run.</summary>
    public string Connect()
    {
        Assert.SkipWhen(AzuriteServer.Absence is not null, AzuriteServer.Absence ?? string.Empty);
        return _server.Value.ConnectionString;
    }

    /// <summary>A name that no other test uses.</summary>
    public static string NewName() => "t" + Interlocked.Increment(ref s_numbers).ToString(CultureInfo.InvariantCulture);

    public void Dispose()
    {
        if (_server.IsValueCreated)
        {
            _server.Value.Dispose();
        }
    }
}
