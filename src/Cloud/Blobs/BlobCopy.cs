using System.Buffers.Binary;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure;
using IpswDiff.Cloud.Faults;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cloud.Blobs;

/// <summary>
/// Copies a file of a server into a blob block by block: by the storage service itself (Put Block From URL) where it can reach the server,
/// else through this process. Blocks are named after the version of the file and their place in it, so that the next attempt finds
/// those that are there, and one for a file that was replaced finds none.
/// </summary>
/// <param name="blob">The blob, which does not exist yet.</param>
/// <param name="target">Its name in messages.</param>
/// <param name="source">The file.</param>
/// <param name="progress">Told the bytes that are there.</param>
internal sealed class BlobCopy(BlockBlobClient blob, string target, RemoteFile source, Action<long> progress)
{
    /// <summary>Bytes of a block: 50,000 of them are 390 GiB.</summary>
    public const int BlockBytes = 8 << 20;

    private const int InStorageAtOnce = 8;
    private const int StreamedAtOnce = 2;

    private long _done;

    /// <summary>Makes the blob; one that another made meanwhile stays.</summary>
    /// <exception cref="IOException">Storage or the server failed; blocks that are there stay for the next attempt.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var blocks = new List<Block>();
            for (long offset = 0; offset < source.Length; offset += BlockBytes)
            {
                blocks.Add(new Block(Name(blocks.Count), offset, (int)Math.Min(BlockBytes, source.Length - offset)));
            }

            var left = await FindMissingAsync(blocks, cancellationToken).ConfigureAwait(false);
            Add(blocks.Sum(block => (long)block.Length) - left.Sum(block => (long)block.Length));
            left = await CopyInStorageAsync(left, cancellationToken).ConfigureAwait(false);
            await StreamAsync(left, cancellationToken).ConfigureAwait(false);
            if ((await FindMissingAsync(blocks, cancellationToken).ConfigureAwait(false)).Count > 0)
            {
                if (await ExistsAsync(cancellationToken).ConfigureAwait(false))
                {
                    return;
                }

                throw new IOException($"{target}: blocks that were copied are gone or of another length; try again");
            }

            await source.CheckUnchangedAsync(cancellationToken).ConfigureAwait(false);
            await CommitAsync(blocks, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not IOException && StorageFaults.IsFault(fault, cancellationToken))
        {
            throw StorageFaults.From(target, fault);
        }
    }

    // What another version of the file left is neither used nor in the way: storage drops it with the commit.
    private async Task<List<Block>> FindMissingAsync(List<Block> blocks, CancellationToken cancellationToken)
    {
        try
        {
            var list = (await blob.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
            var there = list.UncommittedBlocks.ToDictionary(block => block.Name, block => block.SizeLong, StringComparer.Ordinal);
            return blocks.FindAll(block => !there.TryGetValue(block.Name, out var length) || length != block.Length);
        }
        catch (RequestFailedException absent) when (absent.Status == 404)
        {
            return blocks;
        }
    }

    // Returns the blocks that storage cannot copy itself. One that is refused is reason enough to ask for no other.
    private async Task<List<Block>> CopyInStorageAsync(List<Block> blocks, CancellationToken cancellationToken)
    {
        var left = new List<Block>();
        var isRefused = false;
        for (var first = 0; first < blocks.Count;)
        {
            // The first alone, so that a server which storage cannot reach costs one request.
            var count = first == 0 ? 1 : Math.Min(InStorageAtOnce, blocks.Count - first);
            var asked = blocks.GetRange(first, count);
            first += count;
            if (isRefused)
            {
                left.AddRange(asked);
                continue;
            }

            var copied = await Task.WhenAll(asked.Select(block => TryCopyInStorageAsync(block, cancellationToken))).ConfigureAwait(false);
            for (var index = 0; index < count; index++)
            {
                if (!copied[index])
                {
                    left.Add(asked[index]);
                    isRefused = true;
                }
            }
        }

        return left;
    }

    private async Task<bool> TryCopyInStorageAsync(Block block, CancellationToken cancellationToken)
    {
        try
        {
            await blob.StageBlockFromUriAsync(
                source.Address, block.Name, new StageBlockFromUriOptions { SourceRange = new HttpRange(block.Offset, block.Length) }, cancellationToken).ConfigureAwait(false);
            Add(block.Length);
            return true;
        }
        catch (RequestFailedException refused) when (
            refused.ErrorCode == BlobErrorCode.CannotVerifyCopySource || refused.Status is (>= 400 and < 500 and not 408 and not 429) or 501)
        {
            return false;
        }
    }

    private Task StreamAsync(List<Block> blocks, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = StreamedAtOnce, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(blocks, parallel, async (block, token) =>
        {
            var buffer = BoundedArrayPool<byte>.Shared.Rent(block.Length);
            try
            {
                await source.ReadAsync(block.Offset, buffer.AsMemory(0, block.Length), token).ConfigureAwait(false);
                using var content = new MemoryStream(buffer, 0, block.Length, writable: false);
                await blob.StageBlockAsync(block.Name, content, cancellationToken: token).ConfigureAwait(false);
                Add(block.Length);
            }
            finally
            {
                BoundedArrayPool<byte>.Shared.Return(buffer);
            }
        });
    }

    private async Task CommitAsync(List<Block> blocks, CancellationToken cancellationToken)
    {
        try
        {
            await blob.CommitBlockListAsync(
                blocks.Select(block => block.Name),
                new CommitBlockListOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } },
                cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412 || refused.ErrorCode == BlobErrorCode.InvalidBlockList)
        {
            // Another committed the same first, or this commit is sent again because its answer was lost.
            if (!await ExistsAsync(cancellationToken).ConfigureAwait(false))
            {
                throw;
            }
        }
    }

    private async Task<bool> ExistsAsync(CancellationToken cancellationToken) => (await blob.ExistsAsync(cancellationToken).ConfigureAwait(false)).Value;

    private void Add(long bytes) => progress(Interlocked.Add(ref _done, bytes));

    // Names of one blob's blocks must be of one length, and no longer than 64 bytes.
    private string Name(int number)
    {
        Span<byte> name = stackalloc byte[source.Key.Length + sizeof(int)];
        source.Key.CopyTo(name);
        BinaryPrimitives.WriteInt32BigEndian(name[source.Key.Length..], number);
        return Convert.ToBase64String(name);
    }

    private readonly record struct Block(string Name, long Offset, int Length);
}
