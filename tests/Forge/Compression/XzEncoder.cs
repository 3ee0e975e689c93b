using System.Buffers.Binary;
using System.IO.Hashing;
using SharpCompress.Compressors.LZMA;

namespace IpswDiff.Forge.Compression;

/// <summary>
/// An xz stream of one block (The .xz File Format 1.1.0), as UDIF's LZMA chunks hold: LZMA2 chunks that each start afresh, with
/// CRC32 as the check.
/// </summary>
public static class XzEncoder
{
    private const int PieceSize = 48 * 1024;
    private const int DictionarySize = 64 * 1024;
    private const byte DictionaryCode = 8;
    private const byte CheckCrc32 = 1;

    public static byte[] Encode(ReadOnlySpan<byte> data)
    {
        using var output = new MemoryStream();
        ReadOnlySpan<byte> flags = [0, CheckCrc32];
        output.Write([0xFD, .. "7zXZ"u8, 0]);
        output.Write(flags);
        WriteCrc(output, flags);

        // Block header: 12 bytes, one filter, LZMA2 with a dictionary of 64 KiB.
        ReadOnlySpan<byte> header = [2, 0, 0x21, 1, DictionaryCode, 0, 0, 0];
        var blockStart = output.Length;
        output.Write(header);
        WriteCrc(output, header);
        for (var rest = data; rest.Length > 0; rest = rest[Math.Min(PieceSize, rest.Length)..])
        {
            WriteChunk(output, rest[..Math.Min(PieceSize, rest.Length)]);
        }

        output.WriteByte(0);
        var unpadded = output.Length - blockStart + 4;
        Pad(output, output.Length - blockStart);
        WriteCrc(output, data);
        var indexSize = WriteIndex(output, unpadded, data.Length);

        Span<byte> footer = stackalloc byte[6];
        BinaryPrimitives.WriteInt32LittleEndian(footer, (int)(indexSize / 4) - 1);
        flags.CopyTo(footer[4..]);
        WriteCrc(output, footer);
        output.Write(footer);
        output.Write("YZ"u8);
        return output.ToArray();
    }

    private static void WriteChunk(MemoryStream output, ReadOnlySpan<byte> piece)
    {
        const byte ResetEverything = 0xE0;
        const byte UncompressedWithReset = 0x01;
        using var packed = new MemoryStream();
        byte[] properties;
        using (var lzma = LzmaStream.Create(new LzmaEncoderProperties(false, DictionarySize), false, packed))
        {
            properties = lzma.Properties;
            lzma.Write(piece);
        }

        var compressed = packed.ToArray();
        Span<byte> size = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)(piece.Length - 1));
        if (compressed.Length >= piece.Length)
        {
            output.WriteByte(UncompressedWithReset);
            output.Write(size);
            output.Write(piece);
            return;
        }

        output.WriteByte(ResetEverything);
        output.Write(size);
        BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)(compressed.Length - 1));
        output.Write(size);
        output.WriteByte(properties[0]);
        output.Write(compressed);
    }

    private static long WriteIndex(MemoryStream output, long unpadded, long uncompressed)
    {
        using var index = new MemoryStream();
        index.WriteByte(0);
        WriteNumber(index, 1);
        WriteNumber(index, unpadded);
        WriteNumber(index, uncompressed);
        Pad(index, index.Length);
        var bytes = index.ToArray();
        output.Write(bytes);
        WriteCrc(output, bytes);
        return bytes.Length + 4;
    }

    private static void WriteNumber(MemoryStream output, long value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            output.WriteByte((byte)(value | 0x80));
        }

        output.WriteByte((byte)value);
    }

    private static void Pad(MemoryStream output, long length)
    {
        for (; length % 4 != 0; length++)
        {
            output.WriteByte(0);
        }
    }

    private static void WriteCrc(MemoryStream output, ReadOnlySpan<byte> bytes)
    {
        Span<byte> crc = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(crc, Crc32.HashToUInt32(bytes));
        output.Write(crc);
    }
}
