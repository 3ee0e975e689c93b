using IpswDiff.Formats.Bytes;
using SharpCompress.Common;

namespace IpswDiff.Formats.Compression;

/// <summary>Runs a library's stream decoder between two spans, and speaks of its faults in this library's way.</summary>
internal static class LibraryDecoder
{
    internal delegate Stream Opener(Stream source);

    /// <summary>
    /// Decodes all of the stream; one that yields more than the destination holds is refused.
    /// </summary>
    internal static int Decode(string format, ReadOnlySpan<byte> source, Span<byte> destination, Opener open)
    {
        // The libraries read streams only; a copy through a pooled buffer costs little beside decoding.
        var buffer = BoundedArrayPool<byte>.Shared.Rent(source.Length);
        try
        {
            source.CopyTo(buffer);
            using var input = new MemoryStream(buffer, 0, source.Length, writable: false);
            using var decoder = open(input);
            var written = 0;
            int count;
            while (written < destination.Length && (count = decoder.Read(destination[written..])) > 0)
            {
                written += count;
            }

            // Asked once more, a library reaches the stream's end and checks the sum that lies there.
            if (written == destination.Length && decoder.ReadByte() >= 0)
            {
                throw new FirmwareFormatException(format, input.Position, $"the output exceeds the {destination.Length} bytes expected");
            }

            return written;
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or SharpCompressException or IndexOutOfRangeException
            or InvalidOperationException or ArgumentException or ArithmeticException or NullReferenceException or NotSupportedException)
        {
            // What the libraries throw at damaged input, some of it by running out of their own arrays.
            throw new FirmwareFormatException(format, -1, $"the stream is damaged or cut short ({fault.Message})", fault);
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
