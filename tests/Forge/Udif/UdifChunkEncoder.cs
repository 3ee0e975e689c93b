using System.IO.Compression;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Samples;
using SharpCompress.Compressors.BZip2;

namespace IpswDiff.Forge.Udif;

/// <summary>Encodes the bytes of one chunk.</summary>
internal static class UdifChunkEncoder
{
    public static byte[] Encode(UdifChunkKind kind, ReadOnlySpan<byte> bytes, bool portable) => kind switch
    {
        UdifChunkKind.Raw => bytes.ToArray(),
        UdifChunkKind.Adc => AdcEncoder.Encode(bytes),
        UdifChunkKind.Zlib when portable => FixedDeflate.CompressZlib(bytes),
        UdifChunkKind.Zlib => Zlib(bytes),
        UdifChunkKind.Bzip2 => Bzip2(bytes),
        UdifChunkKind.Lzfse => LzfseChunk.Encode(bytes),
        UdifChunkKind.Lzma => XzEncoder.Encode(bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "this kind holds no bytes"),
    };

    private static byte[] Zlib(ReadOnlySpan<byte> bytes)
    {
        using var output = new MemoryStream();
        using (var zlib = new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return output.ToArray();
    }

    private static byte[] Bzip2(ReadOnlySpan<byte> bytes)
    {
        using var output = new MemoryStream();
        using (var bzip2 = BZip2Stream.Create(output, SharpCompress.Compressors.CompressionMode.Compress, decompressConcatenated: false, leaveOpen: true))
        {
            bzip2.Write(bytes);
        }

        return output.ToArray();
    }
}
