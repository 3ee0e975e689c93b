using SharpCompress.Compressors.LZMA;

namespace IpswDiff.Formats.Udif;

/// <summary>
/// The xz container of a chunk, down to the LZMA2 stream in its first block (xz file format 1.1, sections 2 and 3). Read here rather
/// than by a library so that the dictionary, whose declared size may be 4 GiB, never exceeds the chunk.
/// </summary>
internal static class XzChunk
{
    private const int StreamHeader = 12;
    private const byte Lzma2 = 0x21;

    // The smallest LZMA2 dictionary is 4 KiB (property 0); properties go up in steps of a half.
    private const int SmallestDictionaryShift = 11;

    internal static int Decode(byte[] stored, int length, Span<byte> destination)
    {
        var source = stored.AsSpan(0, length);
        if (!source.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]))
        {
            throw new InvalidDataException("it does not begin with the magic of xz");
        }

        var position = StreamHeader;
        var blockHeader = Byte(source, position);
        var flags = Byte(source, position + 1);
        if (blockHeader == 0 || (flags & 0x3F) != 0)
        {
            throw new InvalidDataException("it does not hold one LZMA2 block");
        }

        var body = position + ((blockHeader + 1) * 4);
        position += 2;
        position += (flags & 0x40) != 0 ? IntegerLength(source, position) : 0;
        position += (flags & 0x80) != 0 ? IntegerLength(source, position) : 0;
        if (Byte(source, position) != Lzma2 || Byte(source, position + 1) != 1 || body > length)
        {
            throw new InvalidDataException("its filter is not LZMA2");
        }

        var property = Math.Min(Byte(source, position + 2), DictionaryFor(destination.Length));
        using var lzma = LzmaStream.Create(
            [property], new MemoryStream(stored, body, length - body, writable: false), -1, -1, null!, true, false);
        return lzma.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
    }

    private static byte DictionaryFor(int length)
    {
        byte property = 0;
        while (property < 40 && (2L | (property & 1L)) << ((property >> 1) + SmallestDictionaryShift) < length)
        {
            property++;
        }

        return property;
    }

    private static int IntegerLength(ReadOnlySpan<byte> source, int position)
    {
        var count = 1;
        while ((Byte(source, position + count - 1) & 0x80) != 0)
        {
            count++;
        }

        return count;
    }

    private static byte Byte(ReadOnlySpan<byte> source, int position) =>
        position < source.Length ? source[position] : throw new InvalidDataException("it is cut short");
}
