using Azure.Storage.Blobs;
using IpswDiff.Cloud.Faults;

namespace IpswDiff.Cloud.Tests.Blobs;

public sealed class BlobArtifactStoreTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("report.html", "text/html; charset=utf-8")]
    [InlineData("README.md", "text/markdown; charset=utf-8")]
    [InlineData("report.json", "application/json")]
    [InlineData("items/a.json.gz", "application/gzip")]
    [InlineData("volume.img", "application/octet-stream")]
    public async Task Content_types_follow_the_name(string name, string type)
    {
        var options = azurite.NewOptions();
        var storage = CloudStorage.Open(options);
        await storage.PrepareAsync(Token);
        await storage.Artifacts.TryCreateAsync(name, (stream, token) => stream.WriteAsync(new byte[] { 1 }, token).AsTask(), Token);
        var blob = new BlobContainerClient(options.ConnectionString, options.ArtifactContainer).GetBlobClient(name);
        Assert.Equal(type, (await blob.GetPropertiesAsync(cancellationToken: Token)).Value.ContentType);
    }

    [Fact]
    public async Task A_stream_over_a_replaced_blob_fails_by_name()
    {
        var options = azurite.NewOptions();
        var storage = CloudStorage.Open(options);
        await storage.PrepareAsync(Token);
        await storage.Artifacts.TryCreateAsync("big.bin", (stream, token) => stream.WriteAsync(new byte[2 << 20], token).AsTask(), Token);
        await using var opened = await storage.Artifacts.TryOpenAsync("big.bin", Token);
        await opened!.ReadExactlyAsync(new byte[1000], Token);
        await new BlobContainerClient(options.ConnectionString, options.ArtifactContainer).GetBlobClient("big.bin")
            .UploadAsync(new BinaryData(new byte[2 << 20]), overwrite: true, Token);
        var fault = await Assert.ThrowsAsync<StorageFaultException>(() => opened.CopyToAsync(Stream.Null, Token));
        Assert.Equal(412, fault.Status);
        Assert.Contains("blob 'big.bin'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_container_is_named()
    {
        var storage = CloudStorage.Open(azurite.NewOptions());
        var fault = await Assert.ThrowsAsync<StorageFaultException>(() => storage.Artifacts.ListAsync(string.Empty, Token).ToListAsync(Token).AsTask());
        Assert.Equal(404, fault.Status);
        Assert.Contains("blob container 'artifacts", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_string_that_is_none_is_refused_without_being_repeated()
    {
        var fault = Assert.Throws<ArgumentException>(() => CloudStorage.Open(new CloudOptions { ConnectionString = "AccountName=x;AccountKey=s3cret" }));
        Assert.DoesNotContain("s3cret", fault.ToString(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => CloudStorage.Open(new CloudOptions()));
    }
}
