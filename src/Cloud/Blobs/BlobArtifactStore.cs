using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using IpswDiff.Cloud.Faults;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cloud.Blobs;

/// <summary>Artifacts as blobs of one container. Creation is conditional at the storage itself, so it holds across machines.</summary>
public sealed class BlobArtifactStore : IArtifactStore
{
    /// <summary>Bytes of one uploaded block; storage takes 50,000 of them for one blob.</summary>
    public const int DefaultBlockBytes = 4 << 20;

    internal const int LargestBlockBytes = 64 << 20;

    private const int ParallelBlocks = 3;

    private readonly BlobContainerClient _container;
    private readonly int _blockBytes;
    private readonly int _readBlockBytes;

    /// <summary>Uses a container that exists.</summary>
    /// <param name="container">The container; requests are retried by its client's options.</param>
    /// <param name="blockBytes">Bytes of one uploaded block, 64 KiB to 64 MiB; a writer holds up to four at a time.</param>
    /// <param name="readBlockBytes">Bytes of one range read of <see cref="TryOpenSourceAsync"/>.</param>
    public BlobArtifactStore(
        BlobContainerClient container, int blockBytes = DefaultBlockBytes, int readBlockBytes = BlobByteSource.DefaultBlockBytes)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockBytes, 64 << 10);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockBytes, LargestBlockBytes);
        _container = container;
        _blockBytes = blockBytes;
        _readBlockBytes = readBlockBytes;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Whether the name exists is found out by creating it, not by asking first, so <paramref name="write"/> runs in any case.
    /// </remarks>
    public async Task<bool> TryCreateAsync(
        string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArtifactNames.Check(name);
        var stream = new BlockUploadStream(_container, name, _blockBytes, ParallelBlocks, cancellationToken);
        try
        {
            await write(stream, cancellationToken).ConfigureAwait(false);
            return await stream.TryCommitAsync(ContentTypes.Of(name), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stream.ReleaseAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<Stream?> TryOpenAsync(string name, CancellationToken cancellationToken)
    {
        ArtifactNames.Check(name);
        return await BlobReadStream.TryOpenAsync(_container.GetBlobClient(name), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<OwnedByteSource?> TryOpenSourceAsync(string name, CancellationToken cancellationToken)
    {
        ArtifactNames.Check(name);
        var source = await BlobByteSource.TryOpenAsync(_container.GetBlobClient(name), _readBlockBytes, null, cancellationToken).ConfigureAwait(false);
        return source is null ? null : new OwnedByteSource(source);
    }

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        ArtifactNames.Check(name);
        try
        {
            return (await _container.GetBlobClient(name).ExistsAsync(cancellationToken).ConfigureAwait(false)).Value;
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
        {
            throw StorageFaults.From(Target(name), fault);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArtifactNames.CheckPrefix(prefix);

        // Storage lists names in the order of their bytes, page by page.
        var blobs = _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (blobs.ConfigureAwait(false))
        {
            while (true)
            {
                string name;
                try
                {
                    if (!await blobs.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }

                    name = blobs.Current.Name;
                }
                catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
                {
                    throw StorageFaults.From(BlobTarget.Of(_container), fault);
                }

                yield return name;
            }
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        ArtifactNames.Check(name);
        try
        {
            await _container.GetBlobClient(name)
                .DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
        {
            throw StorageFaults.From(Target(name), fault);
        }
    }

    /// <inheritdoc/>
    public async Task<int> DeleteAllAsync(string prefix, CancellationToken cancellationToken)
    {
        var deleted = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(ListAsync(prefix, cancellationToken), parallel, async (name, token) =>
        {
            await DeleteAsync(name, token).ConfigureAwait(false);
            Interlocked.Increment(ref deleted);
        }).ConfigureAwait(false);
        return deleted;
    }

    private string Target(string name) => BlobTarget.Of(_container.GetBlobClient(name));
}
