namespace IpswDiff.Forge.FileTree;

/// <summary>A stream whose blocks are made when they are read.</summary>
internal sealed class GeneratedStream(long length, GenerateBlock generate) : Stream
{
    internal const int BlockSize = 64 * 1024;

    private readonly byte[] _block = new byte[(int)Math.Min(BlockSize, length)];
    private long _position;
    private long _made = -1;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override int Read(Span<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, length - _position);
        if (count == 0)
        {
            return 0;
        }

        var number = _position / BlockSize;
        var within = (int)(_position % BlockSize);
        var size = (int)Math.Min(BlockSize, length - (number * BlockSize));
        if (within == 0 && count >= size)
        {
            generate(number, buffer[..size]);
            _position += size;
            return size;
        }

        if (_made != number)
        {
            generate(number, _block.AsSpan(0, size));
            _made = number;
        }

        count = Math.Min(count, size - within);
        _block.AsSpan(within, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => _position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => _position,
        _ => length,
    };

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
