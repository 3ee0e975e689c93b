namespace IpswDiff.Forge.Partitions;

/// <summary>Where a disk's bytes go, in order; ranges of zeros are told apart so that they cost nothing where the target can leave them out.</summary>
public abstract class ForgeSink
{
    /// <summary>How many bytes were written.</summary>
    public long Position { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        WriteCore(bytes);
        Position += bytes.Length;
    }

    public void WriteZeros(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > 0)
        {
            WriteZerosCore(count);
            Position += count;
        }
    }

    protected abstract void WriteCore(ReadOnlySpan<byte> bytes);

    protected abstract void WriteZerosCore(long count);
}

/// <summary>Writes a raw image. In a seekable stream that is written for the first time, long ranges of zeros become holes.</summary>
public sealed class StreamSink(Stream stream) : ForgeSink
{
    private const long WorthAHole = 1 << 20;

    private static readonly byte[] Zeros = new byte[64 * 1024];

    protected override void WriteCore(ReadOnlySpan<byte> bytes) => stream.Write(bytes);

    protected override void WriteZerosCore(long count)
    {
        if (count >= WorthAHole && stream.CanSeek && stream.Position == stream.Length)
        {
            stream.SetLength(stream.Position + count);
            stream.Position = stream.Length;
            return;
        }

        for (; count > 0; count -= Math.Min(count, Zeros.Length))
        {
            stream.Write(Zeros.AsSpan(0, (int)Math.Min(count, Zeros.Length)));
        }
    }
}
