using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>
/// The 512-byte trailer of a UDIF image (<c>koly</c>), big endian, at the very end of the file. Field order as in
/// <c>UDIFResourceFile</c> of Apple's DiskImages.
/// </summary>
internal sealed record KolyTrailer
{
    /// <summary>Size of the trailer in bytes.</summary>
    internal const int Size = 512;

    /// <summary><c>koly</c>.</summary>
    internal const uint Magic = 0x6B6F6C79;

    internal required long DataForkOffset { get; init; }

    internal required long DataForkLength { get; init; }

    internal required long ResourceForkOffset { get; init; }

    internal required long ResourceForkLength { get; init; }

    internal required uint SegmentCount { get; init; }

    internal required UdifChecksum DataForkChecksum { get; init; }

    internal required long XmlOffset { get; init; }

    internal required long XmlLength { get; init; }

    internal required UdifChecksum MasterChecksum { get; init; }

    internal required long SectorCount { get; init; }

    /// <summary>Whether <paramref name="source"/> ends with a trailer's magic and size.</summary>
    internal static bool IsPresent(ByteSource source)
    {
        if (source.Length < Size)
        {
            return false;
        }

        Span<byte> start = stackalloc byte[12];
        source.ReadExactly(source.Length - Size, start);
        var reader = new SpanReader(start, UdifImage.Format, source.Length - Size, bigEndian: true);
        return reader.ReadUInt32() == Magic && reader.ReadUInt32() is > 0 and < 16 && reader.ReadUInt32() == Size;
    }

    /// <summary>Reads and checks the trailer at the end of <paramref name="source"/>.</summary>
    /// <exception cref="FirmwareFormatException">There is none, or its ranges leave the file.</exception>
    internal static KolyTrailer Read(ByteSource source)
    {
        var start = source.Length - Size;
        if (!IsPresent(source))
        {
            throw new FirmwareFormatException(
                UdifImage.Format, Math.Max(0, start), "no koly trailer at the end: not a UDIF image, or one that was cut short");
        }

        var reader = new SpanReader(source.ReadBytes(start, Size), UdifImage.Format, start, bigEndian: true);
        reader.Skip(24);
        var dataForkOffset = reader.ReadOffset64();
        var dataForkLength = reader.ReadOffset64();
        var resourceForkOffset = reader.ReadOffset64();
        var resourceForkLength = reader.ReadOffset64();
        reader.Skip(4);
        var segmentCount = reader.ReadUInt32();
        reader.Skip(16);
        var dataForkChecksum = UdifChecksum.Read(ref reader);
        var xmlOffset = reader.ReadOffset64();
        var xmlLength = reader.ReadOffset64();
        reader.Skip(120);
        var masterChecksum = UdifChecksum.Read(ref reader);
        reader.Skip(4);
        var sectorCount = reader.ReadOffset64();

        CheckRange("data fork", dataForkOffset, dataForkLength, start);
        CheckRange("resource fork", resourceForkOffset, resourceForkLength, start);
        CheckRange("property list", xmlOffset, xmlLength, start);
        if (sectorCount > long.MaxValue / UdifImage.SectorSize)
        {
            throw new FirmwareFormatException(UdifImage.Format, start + 492, $"{sectorCount} sectors are more than any disk has");
        }

        return new KolyTrailer
        {
            DataForkOffset = dataForkOffset,
            DataForkLength = dataForkLength,
            ResourceForkOffset = resourceForkOffset,
            ResourceForkLength = resourceForkLength,
            SegmentCount = segmentCount,
            DataForkChecksum = dataForkChecksum,
            XmlOffset = xmlOffset,
            XmlLength = xmlLength,
            MasterChecksum = masterChecksum,
            SectorCount = sectorCount,
        };
    }

    private static void CheckRange(string what, long offset, long length, long trailer)
    {
        if (offset > trailer - length)
        {
            throw new FirmwareFormatException(
                UdifImage.Format, trailer, $"the {what} (0x{offset:x}, {length} bytes) leaves the file; the image was cut short or damaged");
        }
    }
}
