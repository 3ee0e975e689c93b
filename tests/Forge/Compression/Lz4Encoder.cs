namespace IpswDiff.Forge.Compression;

/// <summary>Writes LZ4 blocks, and Apple's frames around them.</summary>
public static class Lz4Encoder
{
    private const int Window = 65535;

    /// <summary>One bare block.</summary>
    public static byte[] EncodeBlock(ReadOnlySpan<byte> data) => Block(data, 0, new MatchFinder(Window));

    /// <summary>Frames of at most <paramref name="frameSize"/> decoded bytes; noise is framed as it is.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> data, int frameSize = 0x10000)
    {
        var output = new ByteWriter();
        var finder = new MatchFinder(Window);
        for (var position = 0; position < data.Length; position += frameSize)
        {
            var end = Math.Min(data.Length, position + frameSize);
            var block = Block(data[..end], position, finder);
            if (block.Length < end - position)
            {
                output.Bytes("bv41"u8);
                output.UInt32((uint)(end - position));
                output.UInt32((uint)block.Length);
                output.Bytes(block);
            }
            else
            {
                output.Bytes("bv4-"u8);
                output.UInt32((uint)(end - position));
                output.Bytes(data[position..end]);
            }
        }

        output.Bytes("bv4$"u8);
        return output.ToArray();
    }

    private static byte[] Block(ReadOnlySpan<byte> data, int start, MatchFinder finder)
    {
        var output = new ByteWriter();
        var pending = start;
        var position = start;

        // The format wants five literals at the end and no match beginning in the last twelve bytes.
        while (position < data.Length - 12)
        {
            var length = Math.Min(finder.Find(data, position, int.MaxValue, out var distance), data.Length - 5 - position);
            if (length < 4)
            {
                position++;
                continue;
            }

            Sequence(output, data[pending..position], length, distance);
            finder.Remember(data, position + 1, position + length);
            position += length;
            pending = position;
        }

        Sequence(output, data[pending..], 0, 0);
        return output.ToArray();
    }

    private static void Sequence(ByteWriter output, ReadOnlySpan<byte> literals, int length, int distance)
    {
        var match = length == 0 ? 0 : length - 4;
        output.Byte((Math.Min(literals.Length, 15) << 4) | Math.Min(match, 15));
        More(output, literals.Length);
        output.Bytes(literals);
        if (length != 0)
        {
            output.UInt16(distance);
            More(output, match);
        }
    }

    private static void More(ByteWriter output, int length)
    {
        if (length < 15)
        {
            return;
        }

        for (length -= 15; length >= 255; length -= 255)
        {
            output.Byte(255);
        }

        output.Byte(length);
    }
}
