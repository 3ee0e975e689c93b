using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs;
using Azure;
using IpswDiff.Cloud.Faults;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cloud.Blobs;

/// <summary>
/// A blob read from front to back by ranges. Between two ranges no connection is held, so hundreds may be open and read slowly; a small
/// blob is one request. All ranges are of the version that the first one met.
/// </summary>
internal sealed class BlobReadStream : Stream
{
    private const int ChunkBytes = 512 << 10;

    private readonly BlobClient _blob;
    private readonly ETag _version;
    private byte[] _chunk = [];
    private long _chunkStart;
    private int _chunkLength;
    private long _position;

    private BlobReadStream(BlobClient blob, ETag version, long length)
    {
        _blob = blob;
        _version = version;
        Length = length;
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <summary>Opens a blob with its first range; null where it does not exist.</summary>
    public static async Task<BlobReadStream?> TryOpenAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            var options = new BlobDownloadOptions { Range = new HttpRange(0, ChunkBytes) };
            using var answer = (await blob.DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false)).Value;
            var stream = new BlobReadStream(blob, answer.Details.ETag, WholeLength(answer.Details));
            await answer.Content.ReadExactlyAsync(stream.Prepare(0), cancellationToken).ConfigureAwait(false);
            stream._chunkLength = stream.Prepared;
            return stream;
        }
        catch (RequestFailedException absent) when (absent.Status == 404)
        {
            return null;
        }
        catch (RequestFailedException empty) when (empty.Status == 416)
        {
            // No range fits into an empty blob.
            return new BlobReadStream(blob, default, 0);
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
        {
            throw StorageFaults.From(BlobTarget.Of(blob), fault);
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var ready = Ready();
        if (ready.IsEmpty && _position < Length && !buffer.IsEmpty)
        {
            try
            {
                using var answer = _blob.DownloadStreaming(NextRange()).Value;
                answer.Content.ReadPieces(Prepare(_position).Span);
                _chunkLength = Prepared;
            }
            catch (Exception fault) when (StorageFaults.IsFault(fault, CancellationToken.None))
            {
                throw StorageFaults.From(BlobTarget.Of(_blob), fault);
            }

            ready = Ready();
        }

        return Take(ready.Span, buffer);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var ready = Ready();
        if (ready.IsEmpty && _position < Length && !buffer.IsEmpty)
        {
            try
            {
                using var answer = (await _blob.DownloadStreamingAsync(NextRange(), cancellationToken).ConfigureAwait(false)).Value;
                await answer.Content.ReadExactlyAsync(Prepare(_position), cancellationToken).ConfigureAwait(false);
                _chunkLength = Prepared;
            }
            catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
            {
                throw StorageFaults.From(BlobTarget.Of(_blob), fault);
            }

            ready = Ready();
        }

        return Take(ready.Span, buffer.Span);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("the blob is read-only");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("the blob is read-only");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _chunk.Length > 0)
        {
            BoundedArrayPool<byte>.Shared.Return(_chunk);
            _chunk = [];
            _chunkLength = 0;
        }

        base.Dispose(disposing);
    }

    private static long WholeLength(BlobDownloadDetails details)
    {
        // Content-Range: bytes 0-499/1234
        var range = details.ContentRange;
        var slash = range?.LastIndexOf('/') ?? -1;
        return slash < 0 ? details.ContentLength : long.Parse(range.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture);
    }

    private int Prepared => (int)Math.Min(ChunkBytes, Length - _chunkStart);

    private BlobDownloadOptions NextRange() => new()
    {
        Range = new HttpRange(_position, Math.Min(ChunkBytes, Length - _position)),
        Conditions = new BlobRequestConditions { IfMatch = _version },
    };

    private ReadOnlyMemory<byte> Ready()
    {
        var within = _position - _chunkStart;
        return within >= 0 && within < _chunkLength ? _chunk.AsMemory((int)within, _chunkLength - (int)within) : default;
    }

    private int Take(ReadOnlySpan<byte> ready, Span<byte> buffer)
    {
        var count = Math.Min(ready.Length, buffer.Length);
        ready[..count].CopyTo(buffer);
        _position += count;
        return count;
    }

    // Room for the range at start. Until it is filled the chunk counts for nothing, so a read that fails half-way leaves no bytes.
    private Memory<byte> Prepare(long start)
    {
        _chunkLength = 0;
        _chunkStart = start;
        var length = Prepared;
        if (_chunk.Length < length)
        {
            if (_chunk.Length > 0)
            {
                BoundedArrayPool<byte>.Shared.Return(_chunk);
            }

            _chunk = BoundedArrayPool<byte>.Shared.Rent(length);
        }

        return _chunk.AsMemory(0, length);
    }
}
