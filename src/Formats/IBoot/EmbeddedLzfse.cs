using System.Globalization;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.IBoot;

/// <summary>Finds and decodes the LZFSE streams inside an image.</summary>
internal static class EmbeddedLzfse
{
    private const int MaxTotalBytes = 128 << 20;

    // The four characters stand among the constants of the decompressor too; more false starts than these are an attack.
    private const int MaxFalseStarts = 64;

    private static readonly (string Text, string Name)[] Known =
    [
        ("RTKit", "RTKit.bin"),
        ("AppleStorageProcessorANS2", "AppleStorageProcessorANS2.bin"),
        ("AppleSMCFirmware", "AppleSMCFirmware.bin"),
    ];

    /// <summary>Decodes one stream from its front, into new memory that <paramref name="room"/> is lessened by.</summary>
    internal static byte[] Decode(ReadOnlySpan<byte> stream, ref int room, out int consumed)
    {
        var length = Lzfse.MeasureDecodedLength(stream);
        if (length > room)
        {
            throw IBootImage.Fault(-1, $"an LZFSE stream decodes to {length} bytes, more than the {room} that are left to decode");
        }

        room -= (int)length;

        var decoded = GC.AllocateUninitializedArray<byte>((int)length);
        var written = Lzfse.Decode(stream, decoded, out consumed);
        return written == decoded.Length ? decoded : throw IBootImage.Fault(-1, $"an LZFSE stream decodes to {written} of {length} bytes");
    }

    /// <summary>Every stream that begins with a <c>bvx2</c> block and decodes without fault.</summary>
    internal static List<IBootPayload> FindAll(ReadOnlySpan<byte> image)
    {
        var payloads = new List<IBootPayload>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var room = MaxTotalBytes;
        var falseStarts = 0;
        for (var at = 0; image[at..].IndexOf("bvx2"u8) is >= 0 and var found;)
        {
            at += found;
            try
            {
                var content = Decode(image[at..], ref room, out var consumed);
                payloads.Add(new IBootPayload(Name(content, payloads.Count, names), at, consumed, new MemoryByteSource(content)));
                at += consumed;
            }
            catch (FirmwareFormatException fault) when (fault.Format == Lzfse.Format)
            {
                // Four characters that look like the beginning of a stream, and are none.
                at += 4;
                if (++falseStarts > MaxFalseStarts)
                {
                    throw IBootImage.Fault(at, $"more than {MaxFalseStarts} places look like LZFSE streams and are none");
                }
            }
        }

        return payloads;
    }

    private static string Name(ReadOnlySpan<byte> content, int index, HashSet<string> names)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"iboot_blob{index:00}.bin");
        foreach (var (text, known) in Known)
        {
            if (content.IndexOf(System.Text.Encoding.ASCII.GetBytes(text)) >= 0)
            {
                name = known;
                break;
            }
        }

        // Two of one kind keep apart: the second one is called RTKit-2.bin.
        var unique = name;
        for (var number = 2; !names.Add(unique); number++)
        {
            unique = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(name)}-{number}.bin");
        }

        return unique;
    }
}
