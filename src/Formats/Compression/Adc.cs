using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// Apple Data Compression, as UDCO disk images hold it: runs of literals, and matches in two or three bytes within 64 KiB.
/// </summary>
public static class Adc
{
    internal const string Format = "ADC";

    /// <summary>Decodes a stream to the end of its source (the format has no end mark) or until the destination is full.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="destination">Room for the output.</param>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">The stream is damaged or ends inside an item, or an item does not fit.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var at = 0;
        var written = 0;
        while (at < source.Length && written < destination.Length)
        {
            int code = source[at];
            if (code >= 0x80)
            {
                var literals = (code & 0x7f) + 1;
                if (literals > source.Length - at - 1)
                {
                    throw Fault(at, "the stream ends inside literals");
                }

                Fit(literals, destination.Length - written, at);
                source.Slice(at + 1, literals).CopyTo(destination[written..]);
                written += literals;
                at += 1 + literals;
                continue;
            }

            var wide = (code & 0x40) != 0;
            if (source.Length - at < (wide ? 3 : 2))
            {
                throw Fault(at, "the stream ends inside a match");
            }

            var (count, distance) = wide
                ? ((code & 0x3f) + 4, ((source[at + 1] << 8) | source[at + 2]) + 1)
                : ((code >> 2) + 3, (((code & 3) << 8) | source[at + 1]) + 1);
            if (distance > written)
            {
                throw Fault(at, $"a match reaches {distance} bytes back from output offset {written}");
            }

            Fit(count, destination.Length - written, at);
            WideCopy.MatchExact(destination, written, distance, count);
            written += count;
            at += wide ? 3 : 2;
        }

        return written;
    }

    private static void Fit(int count, int room, int at)
    {
        if (count > room)
        {
            throw Fault(at, $"the output exceeds the expected size by {count - room} bytes or more");
        }
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}
