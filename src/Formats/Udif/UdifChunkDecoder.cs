using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Udif;

/// <summary>Decodes one compressed chunk, whose decoded length is known, from a pooled copy of its stored bytes.</summary>
internal static class UdifChunkDecoder
{
    internal static void Decode(ByteSource file, in UdifChunk chunk, Span<byte> destination)
    {
        var stored = BoundedArrayPool<byte>.Shared.Rent((int)chunk.StoredLength);
        try
        {
            var source = stored.AsSpan(0, (int)chunk.StoredLength);
            file.ReadExactly(chunk.StoredOffset, source);
            var count = Decode(chunk, source, destination);
            if (count != destination.Length)
            {
                throw new FirmwareFormatException(
                    UdifImage.Format, chunk.StoredOffset, $"a {chunk.Kind} chunk decodes to {count} bytes instead of {destination.Length}");
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(stored);
        }
    }

    private static int Decode(in UdifChunk chunk, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        try
        {
            return chunk.Kind switch
            {
                UdifChunkKind.Adc => Adc.Decode(source, destination),
                UdifChunkKind.Zlib => Zlib.Decode(source, destination),
                UdifChunkKind.Bzip2 => Bzip2.Decode(source, destination),
                UdifChunkKind.Lzfse => Lzfse.Decode(source, destination),
                UdifChunkKind.Lzma => Xz.Decode(source, destination),
                _ => throw new InvalidOperationException($"{chunk.Kind} chunks are not compressed"),
            };
        }
        catch (FirmwareFormatException fault)
        {
            // A codec knows the place in its stream only; the chunk's place in the image is what a reader can look at.
            throw new FirmwareFormatException(UdifImage.Format, chunk.StoredOffset, $"a chunk is damaged: {fault.Message}", fault);
        }
    }
}
