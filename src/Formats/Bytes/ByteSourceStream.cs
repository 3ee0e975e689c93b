namespace IpswDiff.Formats.Bytes;

/// <summary>A source as a read-only, seekable stream, for libraries that want one. Reads ahead while it is read in order.</summary>
public sealed class ByteSourceStream(ByteSource source) : Stream
{
    private const long Window = 4L << 20;

    private long _position;
    private long _aheadUntil;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => source.Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
            _aheadUntil = 0;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_position + buffer.Length >= _aheadUntil - (Window / 2) && _position < source.Length)
        {
            _aheadUntil = Math.Min(source.Length, _position + Math.Max(Window, buffer.Length));
            source.ReadAhead(_position, _aheadUntil - _position);
        }

        var count = source.ReadUpTo(_position, buffer);
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => source.Length + offset,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("the source is read-only");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("the source is read-only");
}
