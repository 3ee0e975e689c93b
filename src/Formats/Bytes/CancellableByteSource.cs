namespace IpswDiff.Formats.Bytes;

/// <summary>
/// A source that stops whoever reads it once a token is cancelled, however deep in a loop over contents that is.
/// </summary>
/// <param name="source">The bytes.</param>
/// <param name="cancellationToken">Asked before every read, which then throws <see
/// cref="OperationCanceledException"/>.</param>
public sealed class CancellableByteSource(ByteSource source, CancellationToken cancellationToken) : ByteSource
{
    /// <inheritdoc/>
    public override long Length => source.Length;

    /// <inheritdoc/>
    public override ByteRun RunAt(long offset)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return source.RunAt(offset);
    }

    /// <inheritdoc/>
    public override void ReadAhead(long offset, long length) => source.ReadAhead(offset, length);

    /// <inheritdoc/>
    protected override void ReadCore(long offset, Span<byte> destination)
    {
        cancellationToken.ThrowIfCancellationRequested();
        source.ReadExactly(offset, destination);
    }
}
