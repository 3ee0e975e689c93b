using System.Buffers;
using IpswDiff.Formats.Bytes;
using Microsoft.Win32.SafeHandles;

namespace IpswDiff.Formats.Zip;

/// <summary>Unpacked bytes in a file that vanishes when it is closed.</summary>
internal sealed class TemporaryByteSource : ByteSource, IDisposable
{
    private const int ChunkLength = 1 << 20;

    private readonly SafeFileHandle _handle;

    private TemporaryByteSource(SafeFileHandle handle, long length)
    {
        _handle = handle;
        Length = length;
    }

    public override long Length { get; }

    protected override string Kind => "temporary file";

    /// <summary>Writes all of <paramref name="stream"/>, whose length and CRC are verified on the way, to a new file in <paramref name="folder"/>.</summary>
    internal static TemporaryByteSource Write(VerifiedStream stream, long length, string folder)
    {
        var path = Path.Combine(folder, $"ipswdiff-{Guid.NewGuid():N}.tmp");
        var handle = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose | FileOptions.RandomAccess);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            long position = 0;
            for (int count; (count = stream.Read(buffer)) > 0; position += count)
            {
                RandomAccess.Write(handle, buffer.AsSpan(0, count), position);
            }

            return new TemporaryByteSource(handle, length);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override void ReadCore(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(_handle, destination, offset);
            if (count == 0)
            {
                throw new IOException("a temporary file became shorter while it was read");
            }

            offset += count;
            destination = destination[count..];
        }
    }

    public void Dispose() => _handle.Dispose();
}
