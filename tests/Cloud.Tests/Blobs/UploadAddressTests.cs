using System.Net;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using IpswDiff.Cloud.Blobs;

namespace IpswDiff.Cloud.Tests.Blobs;

/// <summary>What the address of an upload lets do, and what not.</summary>
public sealed class UploadAddressTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Creates_the_one_blob_it_was_made_for()
    {
        var storage = await azurite.OpenAsync(Token);
        var upload = await storage.Firmwares.CreateUploadAddressAsync("new.ipsw", Token);
        Assert.NotNull(upload);
        Assert.Equal(storage.Firmwares.UploadOrigin!.Authority, upload.Address.Authority);
        Assert.DoesNotContain("sig=", upload.ToString(), StringComparison.Ordinal);
        var blob = new BlockBlobClient(upload.Address);
        string[] blocks = ["MDAw", "MDAx"];
        foreach (var block in blocks)
        {
            await blob.StageBlockAsync(block, new MemoryStream(Encoding.UTF8.GetBytes(block)), cancellationToken: Token);
        }

        await blob.CommitBlockListAsync(blocks, cancellationToken: Token);
        await using var content = await storage.Firmwares.Files.TryOpenAsync("new.ipsw", Token);
        using var reader = new StreamReader(content!);
        Assert.Equal("MDAwMDAx", await reader.ReadToEndAsync(Token));
        var listed = new List<string>();
        await foreach (var file in storage.Firmwares.ListAsync(Token))
        {
            listed.Add($"{file.Name} {file.Size}");
        }

        Assert.Equal(["new.ipsw 8"], listed);
    }

    [Fact]
    public async Task Neither_reads_nor_lists_nor_deletes_nor_writes_another()
    {
        var storage = await azurite.OpenAsync(Token);
        var upload = (await storage.Firmwares.CreateUploadAddressAsync("new.ipsw", Token))!;
        var blob = new BlockBlobClient(upload.Address);
        await blob.UploadAsync(new MemoryStream([1, 2, 3]), cancellationToken: Token);
        await RefusedAsync(() => blob.DownloadContentAsync(Token));
        await RefusedAsync(() => blob.GetPropertiesAsync(cancellationToken: Token));
        await RefusedAsync(() => blob.DeleteAsync(cancellationToken: Token));

        var signature = new BlobUriBuilder(upload.Address).Sas;
        var other = new BlockBlobClient(new BlobUriBuilder(upload.Address) { BlobName = "other.ipsw", Sas = signature }.ToUri());
        await RefusedAsync(() => other.UploadAsync(new MemoryStream([1]), cancellationToken: Token));
        await RefusedAsync(() => other.StageBlockAsync("MDAw", new MemoryStream([1]), cancellationToken: Token));
        var container = new BlobContainerClient(new BlobUriBuilder(upload.Address) { BlobName = string.Empty, Sas = signature }.ToUri());
        await RefusedAsync(async () => await container.GetBlobsAsync(cancellationToken: Token).GetAsyncEnumerator(Token).MoveNextAsync());
        Assert.False(await storage.Firmwares.Files.ExistsAsync("other.ipsw", Token));
    }

    [Fact]
    public async Task Ends()
    {
        var storage = CloudStorage.Open(azurite.NewOptions(uploadLifetime: TimeSpan.FromSeconds(2)));
        await storage.PrepareAsync(Token);
        var upload = (await storage.Firmwares.CreateUploadAddressAsync("late.ipsw", Token))!;
        Assert.InRange(upload.ExpiresAt - DateTimeOffset.UtcNow, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await Task.Delay(TimeSpan.FromSeconds(3), Token);
        await RefusedAsync(() => new BlockBlobClient(upload.Address).UploadAsync(new MemoryStream([1]), cancellationToken: Token));
        Assert.False(await storage.Firmwares.Files.ExistsAsync("late.ipsw", Token));
    }

    [Fact]
    public async Task Is_signed_with_a_key_of_the_identity_where_there_is_no_account_key()
    {
        using var keys = new KeyServer();
        var service = new BlobServiceClient(
            new Uri("https://account.blob.core.windows.net"), new AnyCredential(), new BlobClientOptions { Transport = new HttpClientTransport(keys) });
        var container = service.GetBlobContainerClient("firmwares");
        var store = new BlobFirmwareStore(container, new BlobArtifactStore(container), new UserDelegationSigner(service), TimeSpan.FromHours(1));
        var first = (await store.CreateUploadAddressAsync("a.ipsw", Token))!.Address;
        var second = (await store.CreateUploadAddressAsync("b.ipsw", Token))!.Address;
        Assert.Equal(1, keys.Requests);
        Assert.Equal(("https", "/firmwares/a.ipsw"), (first.Scheme, first.AbsolutePath));
        Assert.NotEqual(first.Query, second.Query);
        foreach (var part in (string[])["sp=cw", "sr=b", "spr=https&", "skoid=11111111", "sig="])
        {
            Assert.Contains(part, first.Query, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Is_not_made_from_a_connection_string_that_is_itself_a_signature()
    {
        var options = new CloudOptions { ConnectionString = "BlobEndpoint=https://account.blob.core.windows.net;TableEndpoint=https://account.table.core.windows.net;SharedAccessSignature=sv=2024-01-01&sig=AA%3D" };
        var store = CloudStorage.Open(options).Firmwares;
        Assert.Null(store.UploadOrigin);
        Assert.Null(await store.CreateUploadAddressAsync("a.ipsw", Token));
    }

    [Theory]
    [InlineData("https://account.blob.core.windows.net/?sig=c2VjcmV0")]
    [InlineData("https://account.blob.core.windows.net/container")]
    [InlineData("https://user:c2VjcmV0@account.blob.core.windows.net")]
    public void An_account_address_with_more_than_a_host_is_refused_and_not_repeated(string account)
    {
        var fault = Assert.Throws<ArgumentException>(() => CloudOptions.Of(account));
        Assert.DoesNotContain("c2VjcmV0", fault.Message, StringComparison.Ordinal);
    }

    private static async Task RefusedAsync(Func<Task> act)
    {
        var fault = await Assert.ThrowsAsync<RequestFailedException>(act);
        Assert.True(fault.Status is 401 or 403, $"{fault.Status} {fault.ErrorCode}");
    }

    private sealed class AnyCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new("token", DateTimeOffset.UtcNow.AddHours(1));

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }

    /// <summary>Answers as storage does when it is asked for a key to sign with.</summary>
    private sealed class KeyServer : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            Assert.Contains("comp=userdelegationkey", request.RequestUri!.Query, StringComparison.Ordinal);
            var now = DateTimeOffset.UtcNow;
            var key = "<?xml version=\"1.0\" encoding=\"utf-8\"?><UserDelegationKey><SignedOid>11111111-1111-1111-1111-111111111111</SignedOid>"
                + "<SignedTid>22222222-2222-2222-2222-222222222222</SignedTid>"
                + $"<SignedStart>{now.AddMinutes(-10):yyyy-MM-ddTHH:mm:ssZ}</SignedStart><SignedExpiry>{now.AddHours(6):yyyy-MM-ddTHH:mm:ssZ}</SignedExpiry>"
                + "<SignedService>b</SignedService><SignedVersion>2024-08-04</SignedVersion>"
                + "<Value>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</Value></UserDelegationKey>";
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                RequestMessage = request,
                Content = new StringContent(key, Encoding.UTF8, "application/xml"),
            });
        }
    }
}
