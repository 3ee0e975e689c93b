using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cloud.Tests.Blobs;

/// <summary>Files of servers that become blobs: copied by the storage or through the process, gone on with, started afresh.</summary>
public sealed class BlobCopyTests(AzuriteFixture azurite)
{
    private const string Name = "fetched/a.ipsw";

    private static readonly byte[] Content = Bytes(1, (20 << 20) + 12345);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Storage_copies_itself_what_it_can_reach()
    {
        // Azurite reads from itself alone, so the server is a container of its own that anybody may read.
        var options = azurite.NewOptions();
        var storage = CloudStorage.Open(options);
        await storage.PrepareAsync(Token);
        var server = new BlobServiceClient(options.ConnectionString).GetBlobContainerClient("public" + options.FirmwareContainer);
        await server.CreateAsync(PublicAccessType.Blob, cancellationToken: Token);
        var blob = server.GetBlobClient("a.ipsw");
        await blob.UploadAsync(new BinaryData(Content), Token);
        var file = new Server(blob.Uri, Content, "1");
        long most = 0;
        await storage.Firmwares.CopyAsync(Name, file, done => most = Math.Max(most, done), Token);
        Assert.Empty(file.Reads);
        Assert.Equal(Content.Length, most);
        Assert.True((await ReadAsync(storage)).AsSpan().SequenceEqual(Content));
    }

    [Fact]
    public async Task What_storage_cannot_reach_goes_through_the_process()
    {
        var storage = await azurite.OpenAsync(Token);
        var file = new Server(Elsewhere, Content, "1");
        await storage.Firmwares.CopyAsync(Name, file, _ => { }, Token);
        Assert.Equal([0, 8 << 20, 16 << 20], file.Reads.Order());
        Assert.True((await ReadAsync(storage)).AsSpan().SequenceEqual(Content));
    }

    [Fact]
    public async Task An_interrupted_copy_is_gone_on_with_by_another_process()
    {
        var options = azurite.NewOptions();
        var storage = CloudStorage.Open(options);
        await storage.PrepareAsync(Token);
        var broken = new Server(Elsewhere, Content, "1") { FailsAt = 8 << 20 };
        await Assert.ThrowsAsync<IOException>(() => storage.Firmwares.CopyAsync(Name, broken, _ => { }, Token));
        Assert.False(await storage.Firmwares.Files.ExistsAsync(Name, Token));
        var before = (await UncommittedAsync(options)).Count;
        Assert.InRange(before, 1, 2);

        var whole = new Server(Elsewhere, Content, "1");
        await CloudStorage.Open(options).Firmwares.CopyAsync(Name, whole, _ => { }, Token);
        Assert.Equal(3 - before, whole.Reads.Count);
        Assert.True((await ReadAsync(storage)).AsSpan().SequenceEqual(Content));
    }

    [Fact]
    public async Task A_file_that_was_replaced_starts_afresh_and_is_never_a_mixture()
    {
        var storage = await azurite.OpenAsync(Token);
        var first = new Server(Elsewhere, Content, "1") { FailsAt = 8 << 20 };
        await Assert.ThrowsAsync<IOException>(() => storage.Firmwares.CopyAsync(Name, first, _ => { }, Token));
        var replaced = new Server(Elsewhere, Content, "1") { IsReplaced = true };
        await Assert.ThrowsAsync<RemoteFileChangedException>(() => storage.Firmwares.CopyAsync(Name, replaced, _ => { }, Token));
        Assert.False(await storage.Firmwares.Files.ExistsAsync(Name, Token));

        var content = Bytes(2, Content.Length);
        var second = new Server(Elsewhere, content, "2");
        await storage.Firmwares.CopyAsync(Name, second, _ => { }, Token);
        Assert.Equal(3, second.Reads.Count);
        Assert.True((await ReadAsync(storage)).AsSpan().SequenceEqual(content));
    }

    [Fact]
    public async Task Two_copies_at_once_make_one_blob()
    {
        var storage = await azurite.OpenAsync(Token);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => storage.Firmwares.CopyAsync(Name, new Server(Elsewhere, Content, "1"), _ => { }, Token)));
        Assert.True((await ReadAsync(storage)).AsSpan().SequenceEqual(Content));
        var late = new Server(Elsewhere, Content, "1");
        await storage.Firmwares.CopyAsync(Name, late, _ => { }, Token);
        Assert.Empty(late.Reads);
    }

    private static Uri Elsewhere => new("https://updates.example/a.ipsw");

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<IReadOnlyList<BlobBlock>> UncommittedAsync(CloudOptions options)
    {
        var blob = new Azure.Storage.Blobs.Specialized.BlockBlobClient(options.ConnectionString, options.FirmwareContainer, Name);
        return [.. (await blob.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: Token)).Value.UncommittedBlocks];
    }

    private static async Task<byte[]> ReadAsync(CloudStorage storage)
    {
        await using var stream = await storage.Firmwares.Files.TryOpenAsync(Name, Token);
        using var bytes = new MemoryStream();
        await stream!.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }

    private sealed class Server(Uri address, byte[] content, string version) : RemoteFile(address, content.Length, version)
    {
        private readonly Lock _gate = new();

        public List<long> Reads { get; } = [];

        public long? FailsAt { get; init; }

        public bool IsReplaced { get; init; }

        public override async Task ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            if (offset == FailsAt)
            {
                // The others come to their end first, as far as they began.
                await Task.Delay(500, CancellationToken.None);
                throw new IOException("the connection broke");
            }

            lock (_gate)
            {
                Reads.Add(offset);
            }

            content.AsMemory((int)offset, destination.Length).CopyTo(destination);
        }

        public override Task CheckUnchangedAsync(CancellationToken cancellationToken) =>
            IsReplaced ? throw new RemoteFileChangedException(Address) : Task.CompletedTask;
    }
}
