using System.Buffers.Binary;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>
/// The order of names on case-insensitive volumes (TN1150 "Case-Insensitive String Comparison Algorithm"): every unit is folded by
/// a fixed table, some are ignored, and NUL comes last.
/// </summary>
internal static class HfsCaseFolding
{
    // Folded units as first, last, step, distance: every step-th unit from first to last becomes itself plus distance.
    private static readonly (int First, int Last, int Step, int Distance)[] Ranges =
    [
        (0x0000, 0x0000, 1, 0xFFFF), (0x0041, 0x005A, 1, 32), (0x00C6, 0x00C6, 1, 32), (0x00D0, 0x00D0, 1, 32), (0x00D8, 0x00D8, 1, 32),
        (0x00DE, 0x00DE, 1, 32), (0x0110, 0x0110, 1, 1), (0x0126, 0x0126, 1, 1), (0x0132, 0x0132, 1, 1), (0x013F, 0x0141, 2, 1),
        (0x014A, 0x0152, 8, 1), (0x0166, 0x0166, 1, 1), (0x0181, 0x0181, 1, 210), (0x0182, 0x0184, 2, 1), (0x0186, 0x0186, 1, 206),
        (0x0187, 0x0187, 1, 1), (0x0189, 0x018A, 1, 205), (0x018B, 0x018B, 1, 1), (0x018E, 0x018E, 1, 79), (0x018F, 0x018F, 1, 202),
        (0x0190, 0x0190, 1, 203), (0x0191, 0x0191, 1, 1), (0x0193, 0x0193, 1, 205), (0x0194, 0x0194, 1, 207), (0x0196, 0x0196, 1, 211),
        (0x0197, 0x0197, 1, 209), (0x0198, 0x0198, 1, 1), (0x019C, 0x019C, 1, 211), (0x019D, 0x019D, 1, 213), (0x019F, 0x019F, 1, 214),
        (0x01A2, 0x01A4, 2, 1), (0x01A7, 0x01A7, 1, 1), (0x01A9, 0x01A9, 1, 218), (0x01AC, 0x01AC, 1, 1), (0x01AE, 0x01AE, 1, 218),
        (0x01B1, 0x01B2, 1, 217), (0x01B3, 0x01B5, 2, 1), (0x01B7, 0x01B7, 1, 219), (0x01B8, 0x01BC, 4, 1), (0x01C4, 0x01CA, 3, 2),
        (0x01C5, 0x01CB, 3, 1), (0x01E4, 0x01E4, 1, 1), (0x01F1, 0x01F1, 1, 2), (0x01F2, 0x01F2, 1, 1), (0x0391, 0x03A1, 1, 32),
        (0x03A3, 0x03A9, 1, 32), (0x03E2, 0x03EE, 2, 1), (0x0402, 0x0402, 1, 80), (0x0404, 0x0406, 1, 80), (0x0408, 0x040B, 1, 80),
        (0x040F, 0x040F, 1, 80), (0x0410, 0x0418, 1, 32), (0x041A, 0x042F, 1, 32), (0x0460, 0x0474, 2, 1), (0x0478, 0x0480, 2, 1),
        (0x0490, 0x04BE, 2, 1), (0x04C3, 0x04CB, 4, 1), (0x0531, 0x0556, 1, 48), (0x10A0, 0x10C5, 1, 48), (0x2160, 0x216F, 1, 16),
        (0xFF21, 0xFF3A, 1, 32),
    ];

    private static readonly (int First, int Last)[] Ignored = [(0x200C, 0x200F), (0x202A, 0x202E), (0x206A, 0x206F), (0xFEFF, 0xFEFF)];

    private static readonly ushort[] Table = MakeTable();

    /// <summary>The folded unit; 0 for one that is ignored.</summary>
    internal static ushort Fold(ushort unit) => Table[unit];

    /// <summary>Negative, zero or positive as <paramref name="name"/> comes before, with or after the stored big-endian units.</summary>
    internal static int Compare(ReadOnlySpan<char> name, ReadOnlySpan<byte> stored)
    {
        var table = Table;
        var i = 0;
        var j = 0;
        while (true)
        {
            var left = 0;
            while (i < name.Length && left == 0)
            {
                left = table[name[i++]];
            }

            var right = 0;
            while (j < stored.Length && right == 0)
            {
                right = table[BinaryPrimitives.ReadUInt16BigEndian(stored[j..])];
                j += 2;
            }

            if (left != right || left == 0)
            {
                return left - right;
            }
        }
    }

    private static ushort[] MakeTable()
    {
        var table = new ushort[0x10000];
        for (var i = 0; i < table.Length; i++)
        {
            table[i] = (ushort)i;
        }

        foreach (var (first, last, step, distance) in Ranges)
        {
            for (var i = first; i <= last; i += step)
            {
                table[i] = (ushort)(i + distance);
            }
        }

        foreach (var (first, last) in Ignored)
        {
            table.AsSpan(first, last - first + 1).Clear();
        }

        return table;
    }
}
