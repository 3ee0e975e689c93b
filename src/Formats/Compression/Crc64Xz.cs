using System.Buffers.Binary;

namespace IpswDiff.Formats.Compression;

/// <summary>CRC-64/XZ (ECMA-182, reflected), eight bytes at a time.</summary>
internal static class Crc64Xz
{
    private const ulong Polynomial = 0xc96c5795d7870f42;

    private static readonly ulong[] Tables = MakeTables();

    internal static ulong Compute(ReadOnlySpan<byte> data)
    {
        var crc = ulong.MaxValue;
        var tables = Tables.AsSpan();
        for (; data.Length >= 8; data = data[8..])
        {
            var word = crc ^ BinaryPrimitives.ReadUInt64LittleEndian(data);
            crc = 0;
            for (var i = 0; i < 8; i++)
            {
                crc ^= tables[((7 - i) << 8) | (byte)(word >> (8 * i))];
            }
        }

        foreach (var value in data)
        {
            crc = tables[(byte)crc ^ value] ^ (crc >> 8);
        }

        return ~crc;
    }

    // Table n advances a byte over n zero bytes more than table 0.
    private static ulong[] MakeTables()
    {
        var tables = new ulong[8 * 256];
        for (var i = 0; i < 256; i++)
        {
            var crc = (ulong)i;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
            }

            tables[i] = crc;
        }

        for (var i = 256; i < tables.Length; i++)
        {
            tables[i] = tables[(byte)tables[i - 256]] ^ (tables[i - 256] >> 8);
        }

        return tables;
    }
}
