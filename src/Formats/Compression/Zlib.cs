using System.IO.Compression;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>zlib (RFC 1950) and bare deflate (RFC 1951) streams.</summary>
public static class Zlib
{
    internal const string Format = "zlib";

    /// <summary>Decodes one zlib stream and checks its Adler-32; what follows it is ignored.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="destination">Room for all of the output.</param>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">The stream is damaged or cut short, or does not fit the destination.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination) =>
        LibraryDecoder.Decode(Format, source, destination, static input => new ZLibStream(input, CompressionMode.Decompress));

    /// <summary>Decodes one bare deflate stream; what follows it is ignored.</summary>
    /// <inheritdoc cref="Decode"/>
    public static int DecodeDeflate(ReadOnlySpan<byte> source, Span<byte> destination) =>
        LibraryDecoder.Decode("deflate", source, destination, static input => new DeflateStream(input, CompressionMode.Decompress));
}
