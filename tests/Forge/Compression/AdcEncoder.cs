namespace IpswDiff.Forge.Compression;

/// <summary>Writes Apple Data Compression streams, with both widths of match.</summary>
public static class AdcEncoder
{
    public static byte[] Encode(ReadOnlySpan<byte> data)
    {
        var output = new ByteWriter();
        var finder = new MatchFinder(0x10000);
        var pending = 0;
        var position = 0;
        while (position < data.Length)
        {
            var length = finder.Find(data, position, 67, out var distance);
            var narrow = distance <= 0x400 && length <= 18;
            if (length < (narrow ? 3 : 4))
            {
                position++;
                continue;
            }

            Literals(output, data[pending..position]);
            if (narrow)
            {
                output.Byte(((length - 3) << 2) | ((distance - 1) >> 8));
            }
            else
            {
                output.Byte(0x40 | (length - 4));
                output.Byte((distance - 1) >> 8);
            }

            output.Byte(distance - 1);
            finder.Remember(data, position + 1, position + length);
            position += length;
            pending = position;
        }

        Literals(output, data[pending..]);
        return output.ToArray();
    }

    private static void Literals(ByteWriter output, ReadOnlySpan<byte> literals)
    {
        while (!literals.IsEmpty)
        {
            var count = Math.Min(literals.Length, 128);
            output.Byte(0x80 | (count - 1));
            output.Bytes(literals[..count]);
            literals = literals[count..];
        }
    }
}
