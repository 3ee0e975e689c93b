using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using IpswDiff.Cloud.Faults;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cloud.Blobs;

/// <summary>
/// A blob read by ranges, block by block through the <see cref="BlockCache"/>. Every read is conditional on the ETag that the blob had
/// at opening, so a blob that is replaced meanwhile is an error and never a mixture of two.
/// </summary>
public sealed class BlobByteSource : BlockedByteSource
{
    /// <summary>Bytes of one range read where nothing else is asked for: a storage request costs about as much as this many bytes.</summary>
    public const int DefaultBlockBytes = 1 << 20;

    /// <summary>The smallest block.</summary>
    public const int SmallestBlockBytes = 16 << 10;

    /// <summary>The largest block.</summary>
    public const int LargestBlockBytes = 16 << 20;

    private readonly BlobClient _blob;
    private readonly ETag _version;
    private readonly int _blockBytes;

    private BlobByteSource(BlobClient blob, ETag version, long length, int blockBytes, BlockCache? cache)
        : base(cache)
    {
        _blob = blob;
        _version = version;
        _blockBytes = blockBytes;
        Length = length;
        Name = BlobTarget.Of(blob);
    }

    /// <summary>The blob and its container, for messages.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override string? Revision => $"{Name}\0{_version}";

    /// <inheritdoc/>
    protected override string Kind => Name;

    /// <summary>Opens a blob: one request, which takes its length and ETag.</summary>
    /// <param name="blob">The blob; it reads with the retries of its client's options.</param>
    /// <param name="blockBytes">Bytes of one range read, <see cref="SmallestBlockBytes"/> to <see cref="LargestBlockBytes"/>.</param>
    /// <param name="cache">Where blocks are kept, or null for the process's cache.</param>
    /// <exception cref="StorageFaultException">The blob does not exist or storage failed.</exception>
    public static BlobByteSource Open(BlobClient blob, int blockBytes = DefaultBlockBytes, BlockCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(blob);
        CheckBlockBytes(blockBytes);
        try
        {
            var properties = blob.GetProperties().Value;
            return new BlobByteSource(blob, properties.ETag, properties.ContentLength, blockBytes, cache);
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, CancellationToken.None))
        {
            throw StorageFaults.From(BlobTarget.Of(blob), fault);
        }
    }

    /// <summary>Opens a blob as <see cref="Open"/> does; null where it does not exist.</summary>
    /// <exception cref="StorageFaultException">Storage failed.</exception>
    public static async Task<BlobByteSource?> TryOpenAsync(BlobClient blob, int blockBytes, BlockCache? cache, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        CheckBlockBytes(blockBytes);
        try
        {
            var properties = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
            return new BlobByteSource(blob, properties.ETag, properties.ContentLength, blockBytes, cache);
        }
        catch (RequestFailedException absent) when (absent.Status == 404)
        {
            return null;
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
        {
            throw StorageFaults.From(BlobTarget.Of(blob), fault);
        }
    }

    /// <inheritdoc/>
    protected override long FindBlock(long offset, out long start, out int length)
    {
        var index = offset / _blockBytes;
        start = index * _blockBytes;
        length = (int)Math.Min(_blockBytes, Length - start);
        return index;
    }

    /// <inheritdoc/>
    protected override void DecodeBlock(long index, Span<byte> destination)
    {
        var options = new BlobDownloadOptions
        {
            Range = new HttpRange(index * _blockBytes, destination.Length),
            Conditions = new BlobRequestConditions { IfMatch = _version },
        };
        try
        {
            // The library's stream asks for the rest of the range again, under the same condition, when a connection is cut.
            using var answer = _blob.DownloadStreaming(options).Value;
            answer.Content.ReadPieces(destination);
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, CancellationToken.None))
        {
            throw StorageFaults.From(Name, fault);
        }
    }

    private static void CheckBlockBytes(int blockBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockBytes, SmallestBlockBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockBytes, LargestBlockBytes);
    }
}
