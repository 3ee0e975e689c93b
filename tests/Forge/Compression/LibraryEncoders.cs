using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.LZMA;

namespace IpswDiff.Forge.Compression;

/// <summary>Encoders of formats whose compression is a library's.</summary>
public static class LibraryEncoders
{
    private const int XzPiece = 0x8000;

    /// <summary>A zlib stream.</summary>
    public static byte[] Zlib(ReadOnlySpan<byte> data)
    {
        using var output = new MemoryStream();
        using (var encoder = new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            encoder.Write(data);
        }

        return output.ToArray();
    }

    /// <summary>A bzip2 stream.</summary>
    public static byte[] Bzip2(ReadOnlySpan<byte> data)
    {
        using var output = new MemoryStream();
        using (var encoder = BZip2Stream.Create(output, SharpCompress.Compressors.CompressionMode.Compress, false, leaveOpen: true))
        {
            encoder.Write(data);
        }

        return output.ToArray();
    }

    /// <summary>An xz stream of one block with a CRC-32, its LZMA2 run in pieces that each begin anew.</summary>
    public static byte[] Xz(ReadOnlySpan<byte> data)
    {
        var output = new ByteWriter();
        output.Bytes([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]);
        WithCrc(output, [0, 1]);

        var blockStart = output.Length;
        WithCrc(output, [2, 0, 0x21, 1, 24, 0, 0, 0]);
        for (var at = 0; at < data.Length; at += XzPiece)
        {
            Lzma2(output, data.Slice(at, Math.Min(XzPiece, data.Length - at)));
        }

        output.Byte(0);
        var unpadded = output.Length - blockStart + 4;
        Align(output);
        output.UInt32(Crc32.HashToUInt32(data));

        var index = new ByteWriter();
        index.Byte(0);
        index.Byte(1);
        Number(index, unpadded);
        Number(index, data.Length);
        Align(index);
        WithCrc(output, index.ToArray());

        var footer = new ByteWriter();
        footer.UInt32((uint)(index.Length / 4));
        footer.Byte(0);
        footer.Byte(1);
        output.UInt32(Crc32.HashToUInt32(footer.ToArray()));
        output.Bytes(footer.ToArray());
        output.Bytes("YZ"u8);
        return output.ToArray();
    }

    private static void Lzma2(ByteWriter output, ReadOnlySpan<byte> piece)
    {
        using var packed = new MemoryStream();
        byte properties;
        using (var encoder = LzmaStream.Create(new LzmaEncoderProperties(false, 1 << 16), false, packed))
        {
            properties = encoder.Properties[0];
            encoder.Write(piece.ToArray(), 0, piece.Length);
        }

        var bytes = packed.ToArray();
        Span<byte> header = stackalloc byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(header[1..], (ushort)(piece.Length - 1));
        if (bytes.Length >= piece.Length)
        {
            header[0] = 1;
            output.Bytes(header[..3]);
            output.Bytes(piece);
            return;
        }

        header[0] = 0xe0;
        BinaryPrimitives.WriteUInt16BigEndian(header[3..], (ushort)(bytes.Length - 1));
        header[5] = properties;
        output.Bytes(header);
        output.Bytes(bytes);
    }

    private static void WithCrc(ByteWriter output, ReadOnlySpan<byte> bytes)
    {
        output.Bytes(bytes);
        output.UInt32(Crc32.HashToUInt32(bytes));
    }

    private static void Align(ByteWriter output)
    {
        while (output.Length % 4 != 0)
        {
            output.Byte(0);
        }
    }

    private static void Number(ByteWriter output, long value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            output.Byte((int)(value & 0x7f) | 0x80);
        }

        output.Byte((int)value);
    }
}
