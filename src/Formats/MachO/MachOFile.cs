using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// A Mach-O file: one image, or a fat (universal) file with a slice for each processor. Facts: <c>mach-o/fat.h</c>, <c>mach-o/loader.h</c>.
/// </summary>
public sealed class MachOFile : IFormatReader<MachOFile>
{
    private const int FatHeaderSize = 8;
    private const int FatArch32Size = 20;
    private const int FatArch64Size = 32;

    private MachOFile(bool isFat, MachOImage[] slices, FatSlice[] ranges)
    {
        IsFat = isFat;
        Slices = slices;
        SliceRanges = ranges;
    }

    /// <summary>Whether the file has a fat header, be it for one slice only.</summary>
    public bool IsFat { get; }

    /// <summary>Every image, in the order of the fat header; the only one of a thin file.</summary>
    public IReadOnlyList<MachOImage> Slices { get; }

    /// <summary>Where each of <see cref="Slices"/> lies in the file.</summary>
    public IReadOnlyList<FatSlice> SliceRanges { get; }

    /// <inheritdoc/>
    public static int HeadLength => FatHeaderSize;

    /// <summary>
    /// Whether a file with these first bytes is a Mach-O, thin (either byte order) or fat. Give <see cref="HeadLength"/> bytes: a fat
    /// file is told from a Java class file by what follows the four bytes they share.
    /// </summary>
    public static bool Matches(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadLength)
        {
            return false;
        }

        var magic = BinaryPrimitives.ReadUInt32BigEndian(head);
        return ImageParser.IsMagic(magic, out _, out _) || IsFatMagic(magic, BinaryPrimitives.ReadUInt32BigEndian(head[4..]));
    }

    /// <summary>Opens a thin or fat file: reads the headers and load commands of every slice.</summary>
    /// <exception cref="FirmwareFormatException">It is not a Mach-O file, or it is damaged.</exception>
    public static MachOFile Open(ByteSource source)
    {
        Span<byte> head = stackalloc byte[FatHeaderSize];
        head = head[..source.ReadUpTo(0, head)];
        if (!Matches(head))
        {
            throw MachOFormat.Fault(0, "no Mach-O magic, thin or fat");
        }

        var magic = BinaryPrimitives.ReadUInt32BigEndian(head);
        return magic is MachOFormat.FatMagic32 or MachOFormat.FatMagic64
            ? OpenFat(source, magic == MachOFormat.FatMagic64, (int)BinaryPrimitives.ReadUInt32BigEndian(head[4..]))
            : new MachOFile(isFat: false, [MachOImage.Open(source)], [new FatSlice(0, source.Length)]);
    }

    /// <summary>
    /// Opens a thin or fat file slice by slice, so that a damaged one leaves the others. The result is in the order of the fat header.
    /// </summary>
    /// <exception cref="FirmwareFormatException">It is not a Mach-O file, its fat header is damaged, or it is thin and damaged.</exception>
    public static IReadOnlyList<MachOSlice> OpenReadable(ByteSource source)
    {
        Span<byte> head = stackalloc byte[FatHeaderSize];
        head = head[..source.ReadUpTo(0, head)];
        var magic = Matches(head) ? BinaryPrimitives.ReadUInt32BigEndian(head) : throw MachOFormat.Fault(0, "no Mach-O magic, thin or fat");
        if (magic is not (MachOFormat.FatMagic32 or MachOFormat.FatMagic64))
        {
            var image = MachOImage.Open(source);
            return [new MachOSlice(image.Arch, new FatSlice(0, source.Length), image, null)];
        }

        var slices = new List<MachOSlice>();
        var is64 = magic == MachOFormat.FatMagic64;
        var count = (int)BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        var headEnd = FatHeaderSize + (count * (is64 ? FatArch64Size : FatArch32Size));
        foreach (var (at, arch, range) in ReadTable(source, is64, count))
        {
            try
            {
                slices.Add(new MachOSlice(arch, range, OpenSlice(source, slices.Count, at, arch, range, headEnd), null));
            }
            catch (FirmwareFormatException fault)
            {
                slices.Add(new MachOSlice(arch, range, null, fault));
            }
        }

        return slices;
    }

    private static bool IsFatMagic(uint magic, uint count) =>
        magic is MachOFormat.FatMagic32 or MachOFormat.FatMagic64 && count is > 0 and <= MachOFormat.MaxFatSlices;

    private static MachOFile OpenFat(ByteSource source, bool is64, int count)
    {
        var slices = new MachOImage[count];
        var ranges = new FatSlice[count];
        var headEnd = FatHeaderSize + (count * (is64 ? FatArch64Size : FatArch32Size));
        var i = 0;
        foreach (var (at, arch, range) in ReadTable(source, is64, count))
        {
            slices[i] = OpenSlice(source, i, at, arch, range, headEnd);
            ranges[i++] = range;
        }

        return new MachOFile(isFat: true, slices, ranges);
    }

    private static (long At, string Arch, FatSlice Range)[] ReadTable(ByteSource source, bool is64, int count)
    {
        var entrySize = is64 ? FatArch64Size : FatArch32Size;
        Span<byte> table = stackalloc byte[FatArch64Size * (int)MachOFormat.MaxFatSlices];
        table = table[..(entrySize * count)];
        if (source.Length < FatHeaderSize + table.Length)
        {
            throw MachOFormat.Fault(4, $"{count} fat slices do not fit in a file of {source.Length} bytes");
        }

        source.ReadExactly(FatHeaderSize, table);
        var reader = new SpanReader(table, MachOFormat.Name, FatHeaderSize, bigEndian: true);
        var entries = new (long At, string Arch, FatSlice Range)[count];
        foreach (ref var entry in entries.AsSpan())
        {
            var at = reader.Offset;
            var arch = CpuNames.Name(reader.ReadUInt32(), reader.ReadUInt32());
            var offset = is64 ? reader.ReadUInt64() : reader.ReadUInt32();
            var size = is64 ? reader.ReadUInt64() : reader.ReadUInt32();
            reader.Skip(is64 ? 8 : 4);

            // What no file can have stays out of every file.
            entry = (at, arch, new FatSlice((long)Math.Min(offset, long.MaxValue), (long)Math.Min(size, long.MaxValue)));
        }

        return entries;
    }

    private static MachOImage OpenSlice(ByteSource source, int index, long at, string arch, FatSlice range, long headEnd) =>
        range.Offset > source.Length - range.Size || range.Offset < headEnd
            ? throw MachOFormat.Fault(
                at,
                $"slice {index} ({arch}), 0x{range.Size:x} bytes at 0x{range.Offset:x}, does not lie between the fat header and the file's end at 0x{source.Length:x}")
            : OpenSlice(source.Slice(range.Offset, range.Size), index, arch, range.Offset);

    private static MachOImage OpenSlice(ByteSource slice, int index, string arch, long offset)
    {
        Span<byte> head = stackalloc byte[8];
        if (slice.ReadUpTo(0, head) == head.Length && head.SequenceEqual("!<arch>\n"u8))
        {
            throw MachOFormat.Fault(offset, $"slice {index} ({arch}) is a static library (ar), which holds object files and is no image itself");
        }

        try
        {
            return MachOImage.Open(slice);
        }
        catch (FirmwareFormatException fault) when (fault.Format == MachOFormat.Name)
        {
            throw new FirmwareFormatException(
                MachOFormat.Name, offset + Math.Max(0, fault.Offset), $"slice {index} ({arch}): {fault.Reason}", fault);
        }
    }
}

/// <summary>A slice of a file that is read as far as it can be.</summary>
/// <param name="Arch">The processor as the fat header names it.</param>
/// <param name="Range">Where it lies; as stated, for a damaged header.</param>
/// <param name="Image">The image, or null where it cannot be read.</param>
/// <param name="Fault">Why it cannot be read, or null.</param>
public sealed record MachOSlice(string Arch, FatSlice Range, MachOImage? Image, FirmwareFormatException? Fault);

/// <summary>Where an image lies in its file.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct FatSlice(long Offset, long Size);
