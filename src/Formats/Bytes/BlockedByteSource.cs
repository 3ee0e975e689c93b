namespace IpswDiff.Formats.Bytes;

/// <summary>
/// A source that exists only in encoded blocks: compressed, encrypted or both. A subclass says where blocks lie and decodes one;
/// this class answers reads through the <see cref="BlockCache"/> and decodes ahead of sequential readers.
/// </summary>
public abstract class BlockedByteSource : ByteSource
{
    // Two per processor keep every core busy while a reader consumes; more would only displace blocks still wanted.
    private const int BlocksAhead = 2;

    private static readonly SemaphoreSlim Ahead = new(Math.Max(2, Environment.ProcessorCount * 2));

    // Where sequential readers are: block n stands in slot n modulo the length, so several readers rarely meet. A lost update costs
    // one hint, never a wrong byte.
    private readonly long[] _recent = new long[64];
    private readonly BlockCache _cache;

    /// <summary>Makes a source whose blocks live in <paramref name="cache"/>, or in the process's own.</summary>
    protected BlockedByteSource(BlockCache? cache)
    {
        _cache = cache ?? BlockCache.Default;
        Array.Fill(_recent, -1);
        Owner = BlockCache.NewOwner();
    }

    internal long Owner { get; }

    /// <summary>The block that holds <paramref name="offset"/>, with the block's first offset and decoded length.</summary>
    protected abstract long FindBlock(long offset, out long start, out int length);

    /// <summary>
    /// Decodes block <paramref name="index"/> into <paramref name="destination"/>, which has its decoded length. Must fill all of it
    /// and may be called from several threads at once.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The block is damaged.</exception>
    protected abstract void DecodeBlock(long index, Span<byte> destination);

    /// <summary>
    /// Whether a block is so cheap to produce (zeros, stored bytes) that caching it would only displace others.
    /// </summary>
    protected virtual bool IsDirect(long index) => false;

    /// <summary>Reads part of a block for which <see cref="IsDirect"/> is true.</summary>
    protected virtual void ReadDirect(long index, int offsetInBlock, Span<byte> destination) =>
        throw new NotSupportedException("a source with direct blocks reads them itself");

    internal void Decode(long index, Span<byte> destination) => DecodeBlock(index, destination);

    /// <inheritdoc/>
    protected sealed override void ReadCore(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var index = FindBlock(offset, out var start, out var length);
            var within = checked((int)(offset - start));
            var count = Math.Min(destination.Length, length - within);
            AheadOfSequentialReader(index, start + length);
            if (IsDirect(index))
            {
                ReadDirect(index, within, destination[..count]);
            }
            else if (count == length && !_cache.Contains(Owner, index))
            {
                // A whole block for a caller that wants all of it: straight into place, no copy, nothing displaced.
                DecodeBlock(index, destination[..count]);
            }
            else
            {
                using var lease = _cache.Acquire(this, index, length);
                lease.Span.Slice(within, count).CopyTo(destination);
            }

            offset += count;
            destination = destination[count..];
        }
    }

    /// <inheritdoc/>
    public override void ReadAhead(long offset, long length)
    {
        var end = Math.Min(Length, offset + length);
        while (offset >= 0 && offset < end)
        {
            var index = FindBlock(offset, out var start, out var blockLength);
            if (!IsDirect(index) && !_cache.Contains(Owner, index) && !TryStart(index, blockLength))
            {
                return;
            }

            offset = start + blockLength;
        }
    }

    // A reader that has come through two neighbouring blocks will want the next ones: they are decoded while it works on this one.
    private void AheadOfSequentialReader(long index, long next)
    {
        ref var slot = ref _recent[index & 63];
        if (Volatile.Read(ref slot) == index)
        {
            return;
        }

        Volatile.Write(ref slot, index);
        if (next < Length && index > 1 && Volatile.Read(ref _recent[(index - 1) & 63]) == index - 1 && Volatile.Read(ref _recent[(index - 2) & 63]) == index - 2)
        {
            FindBlock(next, out _, out var length);
            ReadAhead(next, (long)length * BlocksAhead);
        }
    }

    private bool TryStart(long index, int length)
    {
        if (!Ahead.Wait(0))
        {
            return false;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static work =>
            {
                try
                {
                    work.Source._cache.Acquire(work.Source, work.Index, work.Length).Dispose();
                }
                catch (Exception fault) when (fault is FirmwareFormatException or IOException or ObjectDisposedException)
                {
                    // Reading ahead is a hint: whoever really wants the block meets the same fault on its own stack.
                    GC.KeepAlive(fault);
                }
                finally
                {
                    Ahead.Release();
                }
            },
            (Source: this, Index: index, Length: length),
            preferLocal: false);
        return true;
    }
}
