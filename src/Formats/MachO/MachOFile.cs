using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// A Mach-O file: one image, or a fat (universal) file with a slice for each processor. Facts: <c>mach-o/fat.h</c>, <c>mach-o/loader.h</c>.
/// </summary>
public sealed class MachOFile : IFormatReader<MachOFile>
{
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
    public static int HeadLength => FatTable.HeaderSize;

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
        return ImageParser.IsMagic(magic, out _, out _) || FatTable.Matches(head);
    }

    /// <summary>Opens a thin or fat file: reads the headers and load commands of every slice.</summary>
    /// <exception cref="FirmwareFormatException">It is not a Mach-O file, or it is damaged.</exception>
    public static MachOFile Open(ByteSource source)
    {
        Span<byte> head = stackalloc byte[FatTable.HeaderSize];
        head = head[..source.ReadUpTo(0, head)];
        if (!Matches(head))
        {
            throw MachOFormat.Fault(0, "no Mach-O magic, thin or fat");
        }

        return FatTable.Matches(head)
            ? OpenFat(source)
            : new MachOFile(isFat: false, [MachOImage.Open(source)], [new FatSlice(0, source.Length)]);
    }

    /// <summary>
    /// Opens a thin or fat file slice by slice, so that a damaged one leaves the others. The result is in the order of the fat header.
    /// </summary>
    /// <exception cref="FirmwareFormatException">It is not a Mach-O file, its fat header is damaged, or it is thin and damaged.</exception>
    public static IReadOnlyList<MachOSlice> OpenReadable(ByteSource source)
    {
        Span<byte> head = stackalloc byte[FatTable.HeaderSize];
        if (!FatTable.Matches(head[..source.ReadUpTo(0, head)]))
        {
            var image = MachOImage.Open(source);
            return [new MachOSlice(image.Arch, new FatSlice(0, source.Length), image, null)];
        }

        var slices = new List<MachOSlice>();
        foreach (var entry in FatTable.ReadStated(source))
        {
            var range = new FatSlice(entry.Offset, entry.Size);
            try
            {
                FatTable.Check(source, entry, slices.Count);
                slices.Add(new MachOSlice(entry.Arch, range, OpenSlice(source.Slice(entry.Offset, entry.Size), slices.Count, entry.Arch, entry.Offset), null));
            }
            catch (FirmwareFormatException fault)
            {
                slices.Add(new MachOSlice(entry.Arch, range, null, fault));
            }
        }

        return slices;
    }

    private static MachOFile OpenFat(ByteSource source)
    {
        var entries = FatTable.Read(source);
        var slices = new MachOImage[entries.Length];
        var ranges = new FatSlice[entries.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = entries[i];
            slices[i] = OpenSlice(source.Slice(entry.Offset, entry.Size), i, entry.Arch, entry.Offset);
            ranges[i] = new FatSlice(entry.Offset, entry.Size);
        }

        return new MachOFile(isFat: true, slices, ranges);
    }

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
