using IpswDiff.Forge.Compression;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.Udif;

/// <summary>Encodes the bytes of one chunk.</summary>
internal static class UdifChunkEncoder
{
    public static byte[] Encode(UdifChunkKind kind, ReadOnlySpan<byte> bytes, bool portable) => kind switch
    {
        UdifChunkKind.Raw => bytes.ToArray(),
        UdifChunkKind.Adc => AdcEncoder.Encode(bytes),
        UdifChunkKind.Zlib when portable => FixedDeflate.CompressZlib(bytes),
        UdifChunkKind.Zlib => LibraryEncoders.Zlib(bytes),
        UdifChunkKind.Bzip2 => LibraryEncoders.Bzip2(bytes),
        UdifChunkKind.Lzfse => LzfseChunk.Encode(bytes),
        UdifChunkKind.Lzma => XzEncoder.Encode(bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "this kind holds no bytes"),
    };
}
