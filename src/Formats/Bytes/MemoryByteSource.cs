namespace IpswDiff.Formats.Bytes;

/// <summary>A block of memory as a source. The memory must not change while the source is in use.</summary>
public sealed class MemoryByteSource(ReadOnlyMemory<byte> memory) : ByteSource
{
    /// <inheritdoc/>
    public override long Length => memory.Length;

    /// <inheritdoc/>
    protected override string Kind => "memory";

    /// <inheritdoc/>
    protected override void ReadCore(long offset, Span<byte> destination) =>
        memory.Span.Slice((int)offset, destination.Length).CopyTo(destination);
}
