namespace IpswDiff.Formats.Bytes;

/// <summary>A range of another source. Slices of slices refer to the outermost source, so depth costs nothing.</summary>
internal sealed class SliceByteSource(ByteSource parent, long start, long length) : ByteSource
{
    public override long Length => length;

    public override ByteSource Slice(long offset, long count)
    {
        CheckRange(offset, count);
        return offset == 0 && count == length ? this : new SliceByteSource(parent, start + offset, count);
    }

    public override void ReadAhead(long offset, long count)
    {
        if (offset >= 0 && offset < length)
        {
            parent.ReadAhead(start + offset, Math.Min(count, length - offset));
        }
    }

    public override ByteRun RunAt(long offset)
    {
        CheckRange(offset, 1);
        var run = parent.RunAt(start + offset);
        return run with { Length = Math.Min(run.Length, length - offset) };
    }

    protected override void ReadCore(long offset, Span<byte> destination) => parent.ReadExactly(start + offset, destination);
}
