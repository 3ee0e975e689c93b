using Azure.Identity;

namespace IpswDiff.Cloud.Tests;

/// <summary>Who a process is before an account.</summary>
public class CredentialTests
{
    [Fact]
    public void Is_the_managed_identity_and_nobody_else_where_one_is_named() =>
        Assert.IsType<ManagedIdentityCredential>(CloudStorage.Credential("5f0c1d1e-0000-4000-8000-000000000000"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Is_whoever_is_signed_in_otherwise(string? id) => Assert.IsType<DefaultAzureCredential>(CloudStorage.Credential(id));
}
