using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// Where the bytes of an image lie. An image in a file, in a fileset and in a dyld shared cache has the same structure, but what its
/// commands call a file offset or an address is found in different places. Implementations are immutable and thread-safe.
/// </summary>
public abstract class MachOBacking
{
    /// <summary>Bytes from the Mach header on: the header and the load commands at least.</summary>
    public abstract ByteSource Header { get; }

    /// <summary>Memory of the image from <paramref name="address"/>.</summary>
    /// <exception cref="FirmwareFormatException">The range is not backed by bytes of a file.</exception>
    public abstract ByteSource OpenAddress(MachOImage image, ulong address, long size);

    /// <summary>
    /// A section's bytes; the empty source for a section that has none in the file. By address unless overridden.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The section lies outside the file.</exception>
    public virtual ByteSource OpenSection(MachOImage image, MachOSection section) =>
        section.IsZeroFill || section.Size == 0 ? Empty : OpenAddress(image, section.Address, section.Size);

    /// <summary>Data that a load command names by file offset: symbols, strings, function starts, signature.</summary>
    /// <exception cref="FirmwareFormatException">The range leaves the file.</exception>
    public abstract ByteSource OpenLinkedit(long offset, long size);

    /// <summary>
    /// How pointers in the image's memory are read; null where the image's own fix-ups say so. An image of a shared cache has none, its
    /// cache knows.
    /// </summary>
    /// <exception cref="FirmwareFormatException">What describes the pointers is damaged.</exception>
    public virtual PointerDecoder? OpenPointers(MachOImage image) => null;

    /// <summary>A source without bytes.</summary>
    protected static ByteSource Empty { get; } = new MemoryByteSource(ReadOnlyMemory<byte>.Empty);
}

/// <summary>
/// An image whose commands count in one file: a thin file, a slice of a fat one, or an entry of a fileset, whose header stands inside
/// the file while its offsets count from the file's start.
/// </summary>
/// <param name="file">The file or slice.</param>
/// <param name="headerOffset">Where the Mach header stands in it.</param>
public sealed class FileMachOBacking(ByteSource file, long headerOffset = 0) : MachOBacking
{
    /// <inheritdoc/>
    public override ByteSource Header { get; } =
        headerOffset == 0 ? file : file.Slice(headerOffset, file.Length - headerOffset);

    /// <inheritdoc/>
    public override ByteSource OpenAddress(MachOImage image, ulong address, long size)
    {
        foreach (var segment in image.Segments)
        {
            if (address >= segment.Address && address - segment.Address < (ulong)segment.FileSize)
            {
                var within = (long)(address - segment.Address);
                if (size < 0 || size > segment.FileSize - within)
                {
                    throw MachOFormat.Fault(
                        segment.FileOffset, $"{size} bytes at address 0x{address:x} leave segment {segment.Name}, of which the file has 0x{segment.FileSize:x}");
                }

                return OpenRange(segment.FileOffset + within, size, $"segment {segment.Name}");
            }
        }

        throw MachOFormat.Fault(-1, $"no segment has bytes in the file for address 0x{address:x}");
    }

    /// <inheritdoc/>
    public override ByteSource OpenSection(MachOImage image, MachOSection section)
    {
        // dSYM companions repeat the sections of their binary without their bytes.
        if (section.IsZeroFill || section.Size == 0 || (section.FileOffset == 0 && section.Segment.FileSize == 0))
        {
            return Empty;
        }

        return OpenRange(section.FileOffset, section.Size, $"section {section.SegmentName}.{section.Name}");
    }

    /// <inheritdoc/>
    public override ByteSource OpenLinkedit(long offset, long size) => OpenRange(offset, size, "link-edit data");

    private ByteSource OpenRange(long offset, long size, string what)
    {
        // An empty table may state any offset.
        if (size == 0)
        {
            return Empty;
        }

        if (offset < 0 || size < 0 || offset > file.Length - size)
        {
            throw MachOFormat.Fault(
                offset, $"{what} (0x{size:x} bytes at 0x{offset:x}) leaves the file, which ends at 0x{file.Length:x}; is it cut short?");
        }

        return file.Slice(offset, size);
    }
}
