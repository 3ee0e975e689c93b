using IpswDiff.Formats.Bytes;

namespace IpswDiff.Service;

/// <summary>Copies a stream of unknown length up to a limit.</summary>
internal static class BoundedCopy
{
    private const int BufferBytes = 256 << 10;

    /// <exception cref="IOException">
    /// Nothing came for as long as <paramref name="stallLimit"/>, or a stream failed.
    /// </exception>
    public static async Task RunAsync(
        Stream from, Stream to, long limit, TimeSpan stallLimit, Action<long>? progress, Func<Exception> tooLong, CancellationToken cancellationToken)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var buffer = BoundedArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long done = 0;
            while (true)
            {
                stalled.CancelAfter(stallLimit);
                var count = await from.ReadAsync(buffer, stalled.Token).ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                done += count;
                if (done > limit)
                {
                    throw tooLong();
                }

                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                progress?.Invoke(done);
            }
        }
        catch (OperationCanceledException stall) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"the transfer stood still for {stallLimit.TotalSeconds:0} seconds", stall);
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
