using Azure.Storage.Blobs;
using IpswDiff.Cloud.Blobs;
using IpswDiff.Cloud.Faults;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cloud.Tests.Blobs;

public sealed class BlobByteSourceTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_ranges_across_blocks_and_the_short_last_one()
    {
        var content = new byte[(5 * 16384) + 77];
        new Random(1).NextBytes(content);
        var source = BlobByteSource.Open(await UploadAsync(content), 16384);
        Assert.Equal(content.Length, source.Length);
        Assert.Equal(content, source.ReadBytes(0, content.Length));
        Assert.Equal(content[16380..40000], source.ReadBytes(16380, 40000 - 16380));
        Assert.Equal(content[^5..], source.ReadBytes(content.Length - 5, 5));
        Assert.Throws<FirmwareFormatException>(() => source.ReadBytes(content.Length - 5, 6));
    }

    [Fact]
    public async Task A_block_is_fetched_once_for_many_small_reads()
    {
        var content = new byte[64 << 10];
        new Random(2).NextBytes(content);
        var cache = new BlockCache(1 << 20);
        var source = BlobByteSource.Open(await UploadAsync(content), 64 << 10, cache);
        for (var offset = 0; offset < content.Length; offset += 4096)
        {
            Assert.Equal(content[offset..(offset + 4096)], source.ReadBytes(offset, 4096));
        }

        Assert.Equal(1, cache.Misses);
    }

    [Fact]
    public async Task A_blob_replaced_under_the_reader_is_an_error_that_names_it()
    {
        var blob = await UploadAsync(new byte[100_000]);
        var source = BlobByteSource.Open(blob, 16384);
        Assert.Equal(0, source.ReadBytes(0, 1)[0]);
        await blob.UploadAsync(new BinaryData(Enumerable.Repeat((byte)1, 100_000).ToArray()), overwrite: true, Token);
        Assert.Equal(0, source.ReadBytes(5, 1)[0]);
        var fault = Assert.Throws<StorageFaultException>(() => source.ReadBytes(50_000, 1));
        Assert.Equal(412, fault.Status);
        Assert.Contains(blob.Name, fault.Message, StringComparison.Ordinal);
        Assert.Contains("replaced", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_deleted_under_the_reader_is_an_error_that_names_it()
    {
        var blob = await UploadAsync(new byte[100_000]);
        var source = BlobByteSource.Open(blob, 16384);
        await blob.DeleteAsync(cancellationToken: Token);
        var fault = Assert.Throws<StorageFaultException>(() => source.ReadBytes(50_000, 1));
        Assert.Contains(blob.Name, fault.Message, StringComparison.Ordinal);
        Assert.Throws<StorageFaultException>(() => BlobByteSource.Open(blob));
    }

    private async Task<BlobClient> UploadAsync(byte[] content)
    {
        var container = new BlobContainerClient(azurite.NewOptions().ConnectionString, "sources");
        await container.CreateIfNotExistsAsync(cancellationToken: Token);
        var blob = container.GetBlobClient($"source-{Guid.NewGuid():N}");
        await blob.UploadAsync(new BinaryData(content), Token);
        return blob;
    }
}
