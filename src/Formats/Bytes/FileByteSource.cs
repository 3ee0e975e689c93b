using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace IpswDiff.Formats.Bytes;

/// <summary>
/// A file read with positional reads. Its length is taken at opening; a file that shrinks afterwards fails the read.
/// </summary>
public sealed class FileByteSource : ByteSource, IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <summary>Opens <paramref name="path"/> for reading.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public FileByteSource(string path)
    {
        Path = path;
        _handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        Length = RandomAccess.GetLength(_handle);
    }

    /// <summary>Makes something of a file, which is closed where that fails.</summary>
    /// <exception cref="FirmwareFormatException">The file is damaged; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    internal static T Open<T>(string path, Func<FileByteSource, T> make)
    {
        var file = new FileByteSource(path);
        try
        {
            return make(file);
        }
        catch (FirmwareFormatException fault)
        {
            file.Dispose();
            throw fault.In(path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override string? Revision => RevisionOf(Path, Length, File.GetLastWriteTimeUtc(_handle));

    /// <inheritdoc/>
    protected override string Kind => "file";

    /// <summary>The revision of a file with that path, length and time of its last change.</summary>
    public static string RevisionOf(string path, long length, DateTime changed) =>
        string.Create(CultureInfo.InvariantCulture, $"{System.IO.Path.GetFullPath(path)}\0{length}\0{changed.Ticks}");

    /// <inheritdoc/>
    protected override void ReadCore(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(_handle, destination, offset);
            if (count == 0)
            {
                throw new IOException($"{Path}: the file became shorter than 0x{Length:x} bytes while it was read");
            }

            offset += count;
            destination = destination[count..];
        }
    }

    /// <summary>Closes the file. Sources on top of this one fail from then on.</summary>
    public void Dispose() => _handle.Dispose();
}
