using System.Diagnostics.CodeAnalysis;

namespace IpswDiff.Formats.Bytes;

/// <summary>
/// What follows from <see cref="IFormatReader{TReader}"/> for every reader alike; called on the reader's own name.
/// </summary>
public static class FormatReaders
{
    extension<TReader>(TReader)
        where TReader : class, IFormatReader<TReader>
    {
        /// <summary>Whether <paramref name="source"/> is of the format.</summary>
        /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
        /// <exception cref="IOException">The storage underneath failed.</exception>
        public static bool Matches(ByteSource source) => TReader.Matches(source);

        /// <summary>Opens <paramref name="source"/> if it is of the format.</summary>
        /// <param name="source">The file; it must live as long as the reader.</param>
        /// <param name="reader">The reader, or null when the result is false.</param>
        /// <returns>False when it is something else.</returns>
        /// <exception cref="FirmwareFormatException">It is of the format, but damaged.</exception>
        /// <exception cref="IOException">The storage underneath failed.</exception>
        public static bool TryOpen(ByteSource source, [NotNullWhen(true)] out TReader? reader)
        {
            reader = TReader.Matches(source) ? TReader.Open(source) : null;
            return reader is not null;
        }

        /// <summary>Opens a file of this machine; it stays open until the result is disposed.</summary>
        /// <exception cref="FirmwareFormatException">
        /// It is something else, or damaged; the message names the file.
        /// </exception>
        /// <exception cref="IOException">The file cannot be opened or read.</exception>
        /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
        public static OpenedFile<TReader> OpenFile(string path) =>
            FileByteSource.Open(path, static file => new OpenedFile<TReader>(file, TReader.Open(file)));
    }
}
