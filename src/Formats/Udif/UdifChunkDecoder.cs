using System.Buffers;
using System.IO.Compression;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;
using SharpCompress.Common;
using SharpCompress.Compressors.BZip2;

namespace IpswDiff.Formats.Udif;

/// <summary>Decodes one compressed chunk, whose decoded length is known, from a pooled copy of its stored bytes.</summary>
internal static class UdifChunkDecoder
{
    internal static void Decode(ByteSource file, in UdifChunk chunk, Span<byte> destination)
    {
        var length = (int)chunk.StoredLength;
        var stored = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            file.ReadExactly(chunk.StoredOffset, stored.AsSpan(0, length));
            var count = DecodeOrFault(chunk, stored, length, destination);
            if (count != destination.Length)
            {
                throw new FirmwareFormatException(
                    UdifImage.Format, chunk.StoredOffset, $"a {chunk.Kind} chunk decodes to {count} bytes instead of {destination.Length}");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    private static int DecodeOrFault(in UdifChunk chunk, byte[] stored, int length, Span<byte> destination)
    {
        try
        {
            return Decode(chunk.Kind, stored, length, destination);
        }
        catch (Exception fault) when (IsCodecFault(fault))
        {
            throw new FirmwareFormatException(UdifImage.Format, chunk.StoredOffset, $"a {chunk.Kind} chunk is damaged: {fault.Message}", fault);
        }
    }

    private static int Decode(UdifChunkKind kind, byte[] stored, int length, Span<byte> destination)
    {
        switch (kind)
        {
            case UdifChunkKind.Zlib:
                using (var zlib = new ZLibStream(new MemoryStream(stored, 0, length, writable: false), CompressionMode.Decompress))
                {
                    return zlib.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
                }

            case UdifChunkKind.Bzip2:
                using (var bzip2 = BZip2Stream.Create(
                    new MemoryStream(stored, 0, length, writable: false), SharpCompress.Compressors.CompressionMode.Decompress, false))
                {
                    return bzip2.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
                }

            case UdifChunkKind.Lzma:
                return XzChunk.Decode(stored, length, destination);
            case UdifChunkKind.Adc:
                return AdcChunk.Decode(stored.AsSpan(0, length), destination);
            case UdifChunkKind.Lzfse:
                return Lzfse.Decode(stored.AsSpan(0, length), destination);
            default:
                throw new InvalidDataException($"chunk type 0x{(uint)kind:x8} has no decoder");
        }
    }

    // What the libraries throw on damaged input; everything else is a fault of ours and must surface.
    private static bool IsCodecFault(Exception fault) => fault is FirmwareFormatException or InvalidDataException or SharpCompressException
        or EndOfStreamException or IndexOutOfRangeException or ArgumentException or InvalidOperationException or OverflowException;
}
