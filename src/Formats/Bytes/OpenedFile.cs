namespace IpswDiff.Formats.Bytes;

/// <summary>A file of this machine and the reader on top of it.</summary>
/// <typeparam name="TReader">The reader.</typeparam>
public sealed class OpenedFile<TReader> : IDisposable
    where TReader : class
{
    private readonly FileByteSource _file;

    internal OpenedFile(FileByteSource file, TReader reader) => (_file, Reader) = (file, reader);

    /// <summary>The reader; what it has given out can be read until <see cref="Dispose"/>.</summary>
    public TReader Reader { get; }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
