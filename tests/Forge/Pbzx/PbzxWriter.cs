using System.Buffers.Binary;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Forge.Pbzx;

/// <summary>Writes pbzx streams of every algorithm; a chunk that does not get smaller is stored, as Apple's tools do it.</summary>
public static class PbzxWriter
{
    public static byte[] Write(ReadOnlySpan<byte> data, PbzxAlgorithm algorithm = PbzxAlgorithm.Lzma, int blockSize = 0x10000)
    {
        using var output = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        output.Write("pbz"u8);
        output.WriteByte((byte)algorithm);
        BinaryPrimitives.WriteInt64BigEndian(number, blockSize);
        output.Write(number);
        for (var rest = data; !rest.IsEmpty; rest = rest[Math.Min(blockSize, rest.Length)..])
        {
            var plain = rest[..Math.Min(blockSize, rest.Length)];
            var packed = Pack(plain, algorithm);
            var stored = packed is not null && packed.Length < plain.Length ? packed : plain;
            BinaryPrimitives.WriteInt64BigEndian(number, plain.Length);
            output.Write(number);
            BinaryPrimitives.WriteInt64BigEndian(number, stored.Length);
            output.Write(number);
            output.Write(stored);
        }

        return output.ToArray();
    }

    private static byte[]? Pack(ReadOnlySpan<byte> plain, PbzxAlgorithm algorithm) => algorithm switch
    {
        PbzxAlgorithm.Lzma => XzEncoder.Encode(plain),
        PbzxAlgorithm.Lzfse => LzfseEncoder.Encode(plain),
        PbzxAlgorithm.Lz4 => Lz4Encoder.Encode(plain),
        PbzxAlgorithm.Lzbitmap => LzbitmapEncoder.Encode(plain),
        PbzxAlgorithm.Lzraven => LzravenEncoder.Encode(plain),
        PbzxAlgorithm.Zlib => LibraryEncoders.Zlib(plain),
        _ => null,
    };
}
