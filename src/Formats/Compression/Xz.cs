using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using IpswDiff.Formats.Bytes;
using SharpCompress.Compressors.LZMA;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// xz streams with the LZMA2 filter: what Apple's COMPRESSION_LZMA and ULMO disk images hold. The container is read here, so that a
/// dictionary is never larger than the output and every check is made; LZMA itself is the library's. Format: the .xz file format 1.2.
/// </summary>
public static class Xz
{
    internal const string Format = "xz";

    private const int StreamHeaderSize = 12;
    private const int FooterSize = 12;
    private const ulong Lzma2Filter = 0x21;
    private const int CheckNone = 0;
    private const int CheckCrc32 = 1;
    private const int CheckCrc64 = 4;
    private const int CheckSha256 = 10;

    private static ReadOnlySpan<byte> Magic => [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    /// <summary>Whether <paramref name="source"/> begins with an xz stream's magic.</summary>
    public static bool IsXz(ReadOnlySpan<byte> source) => source.StartsWith(Magic);

    /// <summary>Decodes one stream and checks the sums of its headers, blocks and index; what follows it is ignored.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="destination">Room for all of the output.</param>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">
    /// The stream is damaged or cut short, uses a filter other than LZMA2, or does not fit the destination.
    /// </exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Length < StreamHeaderSize || !IsXz(source))
        {
            throw Fault(0, "no xz stream header");
        }

        RequireCrc(source.Slice(6, 2), source[8..], 8);
        var check = source[7] & 0xf;
        if (check is not (CheckNone or CheckCrc32 or CheckCrc64 or CheckSha256))
        {
            throw Fault(7, $"unknown kind of check {check}");
        }

        var at = StreamHeaderSize;
        var written = 0;
        while (true)
        {
            if (at >= source.Length)
            {
                throw Fault(at, "the stream is cut short");
            }

            if (source[at] == 0)
            {
                CheckIndex(source, at);
                return written;
            }

            at = DecodeBlock(source, at, check, destination, ref written);
        }
    }

    private static int DecodeBlock(ReadOnlySpan<byte> source, int at, int check, Span<byte> destination, ref int written)
    {
        var headerSize = (source[at] + 1) * 4;
        if (headerSize > source.Length - at)
        {
            throw Fault(at, "a block header is cut short");
        }

        var header = source.Slice(at, headerSize);
        RequireCrc(header[..^4], header[^4..], at);
        var declaredDictionary = ReadFilter(header[..^4], at);
        var data = source[(at + headerSize)..];
        var packed = Measure(data, at + headerSize, out var unpacked);
        if (unpacked > destination.Length - written)
        {
            throw Fault(at, $"a block of {unpacked} decoded bytes exceeds the {destination.Length} bytes expected");
        }

        var output = destination.Slice(written, (int)unpacked);
        byte[] properties = [Dictionary(declaredDictionary, output.Length)];
        var count = LibraryDecoder.Decode(
            "LZMA2",
            data[..packed],
            output,
            input => LzmaStream.Create(properties, input, packed, unpacked, null, true));
        if (count != output.Length)
        {
            throw Fault(at, $"a block ends after {count} of {unpacked} bytes");
        }

        written += count;
        at += headerSize + ((packed + 3) & ~3);
        var size = check switch { CheckNone => 0, CheckCrc32 => 4, CheckCrc64 => 8, _ => 32 };
        if (source.Length - at < size)
        {
            throw Fault(at, "a block is cut short");
        }

        Verify(source.Slice(at, size), output, check, at);
        return at + size;
    }

    private static void Verify(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> output, int check, int at)
    {
        Span<byte> actual = stackalloc byte[32];
        switch (check)
        {
            case CheckCrc32:
                Crc32.Hash(output, actual);
                break;
            case CheckCrc64:
                BinaryPrimitives.WriteUInt64LittleEndian(actual, Crc64Xz.Compute(output));
                break;
            case CheckSha256:
                SHA256.HashData(output, actual);
                break;
        }

        if (!expected.SequenceEqual(actual[..expected.Length]))
        {
            throw Fault(at, "the check of a block differs from its contents");
        }
    }

    /// <summary>The dictionary byte of a block header's only filter; sizes in the header, where present, are passed over.</summary>
    private static byte ReadFilter(ReadOnlySpan<byte> header, int origin)
    {
        int flags = header[1];
        if ((flags & 0x3f) != 0)
        {
            throw Fault(origin, "filters other than LZMA2 are not used by Apple and not supported");
        }

        var at = 2;
        for (var sizes = ((flags >> 6) & 1) + (flags >> 7); sizes > 0; sizes--)
        {
            ReadNumber(header, ref at, origin);
        }

        if (ReadNumber(header, ref at, origin) != Lzma2Filter || ReadNumber(header, ref at, origin) != 1 || at >= header.Length)
        {
            throw Fault(origin, "a filter other than LZMA2");
        }

        return header[at] <= 40 ? header[at] : throw Fault(origin, "an LZMA2 dictionary of more than 4 GiB");
    }

    /// <summary>
    /// The packed length of an LZMA2 run, from the headers of its chunks, which also say how much it unpacks to.
    /// </summary>
    private static int Measure(ReadOnlySpan<byte> data, int origin, out long unpacked)
    {
        unpacked = 0;
        var at = 0;
        while (at < data.Length)
        {
            int control = data[at];
            if (control == 0)
            {
                return at + 1;
            }

            if (data.Length - at < 6)
            {
                break;
            }

            if (control is > 2 and < 0x80)
            {
                throw Fault(origin + at, $"unknown LZMA2 chunk 0x{control:x2}");
            }

            var size = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 1)..]) + 1;
            if (control <= 2)
            {
                unpacked += size;
                at += 3 + size;
                continue;
            }

            // From 0xC0 on a byte of properties precedes the data.
            unpacked += size + ((control & 0x1f) << 16);
            at += 5 + (control >= 0xc0 ? 1 : 0) + BinaryPrimitives.ReadUInt16BigEndian(data[(at + 3)..]) + 1;
        }

        throw Fault(origin, "the LZMA2 data is cut short");
    }

    // No match reaches farther back than the output is long, so a larger dictionary would only cost memory.
    private static byte Dictionary(byte declared, int output)
    {
        byte code = 0;
        while (code < declared && ((2L | (code & 1)) << ((code / 2) + 11)) < output)
        {
            code++;
        }

        return code;
    }

    private static void CheckIndex(ReadOnlySpan<byte> source, int start)
    {
        var at = start + 1;
        var records = ReadNumber(source, ref at, 0);
        for (ulong i = 0; i < records; i++)
        {
            ReadNumber(source, ref at, 0);
            ReadNumber(source, ref at, 0);
        }

        at = start + ((at - start + 3) & ~3);
        if (source.Length - at < 4 + FooterSize)
        {
            throw Fault(at, "the index is cut short");
        }

        RequireCrc(source[start..at], source[at..], start);
        var footer = source.Slice(at + 4, FooterSize);
        RequireCrc(footer.Slice(4, 6), footer, at + 4);
        if (!footer[10..].SequenceEqual("YZ"u8))
        {
            throw Fault(at + 4, "the stream footer is damaged");
        }
    }

    private static ulong ReadNumber(ReadOnlySpan<byte> bytes, ref int at, int origin)
    {
        var value = 0UL;
        for (var shift = 0; shift < 63 && at < bytes.Length; shift += 7)
        {
            var part = bytes[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw Fault(origin + at, "a number is cut short or too long");
    }

    private static void RequireCrc(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> expected, int at)
    {
        if (Crc32.HashToUInt32(bytes) != BinaryPrimitives.ReadUInt32LittleEndian(expected))
        {
            throw Fault(at, "the CRC-32 of a header differs");
        }
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}
