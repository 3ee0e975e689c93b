using System.Buffers.Binary;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using IpswDiff.Cloud.Faults;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cloud.Blobs;

/// <summary>
/// Writes a blob that becomes visible whole or not at all. Content that fits one block is one conditional request; more goes up as
/// blocks, several at once, and is committed by one conditional request.
/// </summary>
internal sealed class BlockUploadStream : Stream
{
    /// <summary>The metadata that tells whose creation it was, where an answer was lost and the request was sent again.</summary>
    public const string WriterKey = "writer";

    private const int FirstBuffer = 64 << 10;

    private readonly BlockBlobClient _blob;
    private readonly string _target;
    private readonly int _blockBytes;
    private readonly SemaphoreSlim _free;
    private readonly CancellationTokenSource _stopped;
    private readonly List<string> _blocks = [];
    private readonly List<Task> _uploads = [];
    private readonly byte[] _writer = Guid.NewGuid().ToByteArray();
    private byte[] _buffer = BoundedArrayPool<byte>.Shared.Rent(FirstBuffer);
    private int _used;
    private long _length;
    private bool _closed;

    public BlockUploadStream(BlobContainerClient container, string name, int blockBytes, int parallel, CancellationToken cancellationToken)
    {
        _blob = container.GetBlockBlobClient(name);
        _target = BlobTarget.Of(container.GetBlobClient(name));
        _blockBytes = blockBytes;
        _free = new SemaphoreSlim(parallel);
        _stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => _length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException("a blob is written from front to back");
    }

    private string Writer => Convert.ToHexStringLower(_writer);

    /// <summary>Makes the blob visible; false where another was there first.</summary>
    /// <exception cref="StorageFaultException">Storage failed; nothing is visible.</exception>
    public async Task<bool> TryCommitAsync(string contentType, CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                await CommitAsync(contentType, asBlocks: _blocks.Count > 0, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException refused) when (refused.Status is 409 or 412 || refused.ErrorCode == BlobErrorCode.InvalidBlockList)
            {
                // Either another made it first, and its commit dropped the blocks of this writer, or this writer did and the answer was lost.
                if (await FindWriterAsync(cancellationToken).ConfigureAwait(false) is { } winner)
                {
                    return winner == Writer;
                }

                if (_blocks.Count > 0)
                {
                    throw;
                }

                // Blocks that a writer left who never committed may stand in the way of a blob made at once, though not of a commit.
                await CommitAsync(contentType, asBlocks: true, cancellationToken).ConfigureAwait(false);
                return true;
            }
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
        {
            throw StorageFaults.From(_target, fault);
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        while (!buffer.IsEmpty)
        {
            if (_used == _blockBytes)
            {
                ThrowIfFailed();
                _free.Wait(_stopped.Token);
                StageBuffer();
            }

            buffer = buffer[Append(buffer)..];
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        while (!buffer.IsEmpty)
        {
            if (_used == _blockBytes)
            {
                ThrowIfFailed();
                await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
                StageBuffer();
            }

            buffer = buffer[Append(buffer.Span)..];
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Blocks go up when they are full; nothing of a blob can be seen before all of it.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("the blob is write-only");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("a blob is written from front to back");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("a blob is written from front to back");

    /// <summary>
    /// Ends the uploads that still go on and gives the buffers back; called by the store and not by a writer that closes the stream.
    /// Blocks without a commit are invisible, and storage drops them after a week.
    /// </summary>
    public async Task ReleaseAsync()
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_uploads).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        BoundedArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _stopped.Dispose();
        _free.Dispose();
    }

    /// <summary>Takes no more; a compressing stream on top closes this one, which says nothing about whether the content is whole.</summary>
    protected override void Dispose(bool disposing)
    {
        _closed = true;
        base.Dispose(disposing);
    }

    private async Task CommitAsync(string contentType, bool asBlocks, CancellationToken cancellationToken)
    {
        var headers = new BlobHttpHeaders { ContentType = contentType };
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [WriterKey] = Writer };
        var conditions = new BlobRequestConditions { IfNoneMatch = ETag.All };
        if (!asBlocks)
        {
            using var content = new MemoryStream(_buffer, 0, _used, writable: false);
            var options = new BlobUploadOptions { HttpHeaders = headers, Metadata = metadata, Conditions = conditions };
            await _blob.UploadAsync(content, options, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_used > 0)
        {
            await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
            StageBuffer();
        }

        await Task.WhenAll(_uploads).ConfigureAwait(false);
        var commit = new CommitBlockListOptions { HttpHeaders = headers, Metadata = metadata, Conditions = conditions };
        await _blob.CommitBlockListAsync(_blocks, commit, cancellationToken).ConfigureAwait(false);
    }

    private int Append(ReadOnlySpan<byte> bytes)
    {
        if (_used == _buffer.Length)
        {
            Grow();
        }

        var count = Math.Min(bytes.Length, Math.Min(_blockBytes, _buffer.Length) - _used);
        bytes[..count].CopyTo(_buffer.AsSpan(_used));
        _used += count;
        _length += count;
        return count;
    }

    // Most artifacts are small: a buffer of a whole block for each of them would be memory for nothing.
    private void Grow()
    {
        var larger = BoundedArrayPool<byte>.Shared.Rent(Math.Min(_blockBytes, _buffer.Length * 4));
        _buffer.AsSpan(0, _used).CopyTo(larger);
        BoundedArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void StageBuffer()
    {
        // Identifiers of one blob must be of one length; those of another writer of the same name must be others.
        Span<byte> identifier = stackalloc byte[_writer.Length + sizeof(int)];
        _writer.CopyTo(identifier);
        BinaryPrimitives.WriteInt32BigEndian(identifier[_writer.Length..], _blocks.Count);
        var block = Convert.ToBase64String(identifier);
        _blocks.Add(block);
        _uploads.RemoveAll(static upload => upload.IsCompletedSuccessfully);
        _uploads.Add(StageAsync(block, _buffer, _used));
        _buffer = BoundedArrayPool<byte>.Shared.Rent(_blockBytes);
        _used = 0;
    }

    private async Task StageAsync(string block, byte[] buffer, int count)
    {
        try
        {
            using var content = new MemoryStream(buffer, 0, count, writable: false);
            await _blob.StageBlockAsync(block, content, cancellationToken: _stopped.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, _stopped.Token))
        {
            throw StorageFaults.From(_target, fault);
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
            _free.Release();
        }
    }

    private void ThrowIfFailed()
    {
        foreach (var upload in _uploads)
        {
            if (upload.IsFaulted || upload.IsCanceled)
            {
                upload.GetAwaiter().GetResult();
            }
        }
    }

    private async Task<string?> FindWriterAsync(CancellationToken cancellationToken)
    {
        try
        {
            var properties = await _blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return properties.Value.Metadata.TryGetValue(WriterKey, out var writer) ? writer : string.Empty;
        }
        catch (RequestFailedException absent) when (absent.Status == 404)
        {
            return null;
        }
    }
}
