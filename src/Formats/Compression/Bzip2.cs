using IpswDiff.Formats.Bytes;
using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;

namespace IpswDiff.Formats.Compression;

/// <summary>bzip2 streams, as UDBZ disk images hold them.</summary>
public static class Bzip2
{
    internal const string Format = "bzip2";

    /// <summary>Decodes one stream and checks its sums.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="destination">Room for all of the output.</param>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">The stream is damaged or cut short, or does not fit the destination.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination) =>
        LibraryDecoder.Decode(
            Format, source, destination, static input => BZip2Stream.Create(input, CompressionMode.Decompress, false, false, false));
}
