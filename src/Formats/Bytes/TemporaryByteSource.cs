using Microsoft.Win32.SafeHandles;

namespace IpswDiff.Formats.Bytes;

/// <summary>Unpacked bytes in a file that vanishes when it is closed.</summary>
internal sealed class TemporaryByteSource : ByteSource, IDisposable
{
    private readonly SafeFileHandle _handle;

    private TemporaryByteSource(SafeFileHandle handle, long length)
    {
        _handle = handle;
        Length = length;
    }

    public override long Length { get; }

    protected override string Kind => "temporary file";

    /// <summary>Writes what <paramref name="produce"/> hands out to a new file in <paramref name="folder"/>.</summary>
    /// <exception cref="IOException">The file cannot be made or written.</exception>
    internal static TemporaryByteSource Write(string folder, Action<ByteSink> produce)
    {
        var path = Path.Combine(folder, $"ipswdiff-{Guid.NewGuid():N}.tmp");
        var handle = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose | FileOptions.RandomAccess);
        try
        {
            long position = 0;
            produce(bytes =>
            {
                RandomAccess.Write(handle, bytes, position);
                position += bytes.Length;
            });
            return new TemporaryByteSource(handle, position);
        }
        catch
        {
            handle.Dispose();
            throw;
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
