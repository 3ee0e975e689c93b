using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Exclave;

/// <summary>
/// An ExclaveCore bundle: kernel, root task and other programs of the secure world, whose Mach-O files were taken apart. A header of
/// 16 bytes (magic <c>BUND</c>, stored back to front, at 8; type at 14), a table that differs by type, and an ASN.1 configuration that
/// says where the parts of each program lie. Types 3 and 4 hold programs; a bundle of type 4 may have none (other coprocessors).
/// No specification is published. Facts: the bundles of firmwares, and <c>pkg/bundle</c> of the open tool blacktop/ipsw.
/// </summary>
public sealed class ExclaveBundle : IFormatReader<ExclaveBundle>
{
    internal const string Format = "Exclave bundle";
    internal const int TypeOffset = 14;
    internal const int Type3FooterOffset = 0x1A0;
    internal const int Type4RangeCountOffset = 0x88;
    internal const int Type4ConfigOffset = 0x220;
    internal const int Type4RangesOffset = 0x280;
    internal const int RangeSize = 24;

    // Real tables have thirteen.
    private const int MaxRanges = 256;
    private const int MaxConfigBytes = 16 << 20;

    private ExclaveBundle(ByteSource source, int type, IReadOnlyList<ExclaveRange> ranges, ExclaveConfig config)
    {
        Source = source;
        Type = type;
        Ranges = ranges;
        Assets = config.Assets;
        Components = [.. config.Compartments.Select((compartment, index) => new ExclaveComponent(this, index, compartment, config.FindExtra(index)))];
    }

    /// <inheritdoc/>
    public static int HeadLength => 16;

    /// <summary>The whole bundle.</summary>
    public ByteSource Source { get; }

    /// <summary>3 or 4.</summary>
    public int Type { get; }

    /// <summary>The table of a bundle of type 4; empty for type 3.</summary>
    public IReadOnlyList<ExclaveRange> Ranges { get; }

    /// <summary>Pieces that the configuration names; the first is the Mach header of the kernel.</summary>
    public IReadOnlyList<ExclaveAsset> Assets { get; }

    /// <summary>The programs, the kernel first; empty for a bundle that is not of ExclaveCore.</summary>
    public IReadOnlyList<ExclaveComponent> Components { get; }

    /// <summary>Whether a file that begins with <paramref name="head"/> is a bundle, of whatever type.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => head.Length >= HeadLength && head[8..].StartsWith("DNUB"u8);

    /// <summary>Reads a bundle's tables (the payload of its IM4P); of the programs nothing.</summary>
    /// <exception cref="FirmwareFormatException">It is no bundle of a known type, or damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static ExclaveBundle Open(ByteSource source)
    {
        Span<byte> header = stackalloc byte[HeadLength];
        if (!Matches(header[..source.ReadUpTo(0, header)]))
        {
            throw Fault(8, "no magic (BUND)");
        }

        var type = BinaryPrimitives.ReadUInt16LittleEndian(header[TypeOffset..]);
        return type switch
        {
            3 => OpenType3(source),
            4 => OpenType4(source),
            _ => throw Fault(TypeOffset, $"bundles of type {type} are not known; 3 and 4 are"),
        };
    }

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);

    // The configuration's place counts from the end of the file.
    private static ExclaveBundle OpenType3(ByteSource source)
    {
        Span<byte> field = stackalloc byte[16];
        source.ReadExactly(Type3FooterOffset, field);
        var reader = new SpanReader(field, Format, Type3FooterOffset);
        var fromEnd = reader.ReadOffset64();
        var size = reader.ReadOffset64();
        if (fromEnd > source.Length || size > fromEnd)
        {
            throw Fault(Type3FooterOffset, $"the configuration, {size} bytes at 0x{fromEnd:x} before the end, does not lie in the bundle of 0x{source.Length:x} bytes");
        }

        return new ExclaveBundle(source, 3, [], ReadConfig(source, source.Length - fromEnd, size));
    }

    private static ExclaveBundle OpenType4(ByteSource source)
    {
        Span<byte> field = stackalloc byte[8];
        source.ReadExactly(Type4RangeCountOffset, field);
        var count = BinaryPrimitives.ReadUInt64LittleEndian(field);
        if (count > MaxRanges || (long)count > (source.Length - Type4RangesOffset) / RangeSize)
        {
            throw Fault(Type4RangeCountOffset, $"{count} ranges do not fit in 0x{source.Length:x} bytes, or are more than the {MaxRanges} that are read");
        }

        var table = source.ReadBytes(Type4RangesOffset, (int)count * RangeSize);
        var rows = new SpanReader(table, Format, Type4RangesOffset);
        var ranges = new ExclaveRange[count];
        foreach (ref var range in ranges.AsSpan())
        {
            range = ExclaveRange.Read(ref rows, source);
        }

        Span<byte> place = stackalloc byte[24];
        source.ReadExactly(Type4ConfigOffset, place);
        var reader = new SpanReader(place, Format, Type4ConfigOffset);
        var offset = reader.ReadOffset64();
        reader.Skip(8);
        var size = reader.ReadOffset64();
        var container = Array.Find(ranges, static range => range.Name == "urst");
        if (size == 0 || container is null)
        {
            return new ExclaveBundle(source, 4, ranges, ExclaveConfig.Empty);
        }

        if (offset > container.Size || size > container.Size - offset)
        {
            throw Fault(Type4ConfigOffset, $"the configuration, {size} bytes at 0x{offset:x}, leaves the range urst of 0x{container.Size:x} bytes");
        }

        return new ExclaveBundle(source, 4, ranges, ReadConfig(source, container.Offset + offset, size));
    }

    private static ExclaveConfig ReadConfig(ByteSource source, long offset, long size) => size <= MaxConfigBytes
        ? ExclaveConfig.Read(source.ReadBytes(offset, (int)size), offset, source.Length)
        : throw Fault(offset, $"a configuration of {size} bytes, more than the {MaxConfigBytes} that are read");
}
