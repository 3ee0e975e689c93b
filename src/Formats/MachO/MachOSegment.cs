namespace IpswDiff.Formats.MachO;

/// <summary>A segment: a range of memory and the part of the file that is mapped there (<c>segment_command_64</c>).</summary>
public sealed class MachOSegment
{
    internal MachOSegment(int index) => Index = index;

    /// <summary>Place among the image's segments, from 0.</summary>
    public int Index { get; }

    /// <summary>Name, for example <c>__TEXT</c>; empty for the one segment of an object file.</summary>
    public required string Name { get; init; }

    /// <summary>First address (<c>vmaddr</c>).</summary>
    public required ulong Address { get; init; }

    /// <summary>Bytes of memory (<c>vmsize</c>).</summary>
    public required ulong Size { get; init; }

    /// <summary>Offset in the file the image counts in (<c>fileoff</c>): the slice, or the whole file of a fileset or shared cache.</summary>
    public required long FileOffset { get; init; }

    /// <summary>Bytes in that file; the rest of <see cref="Size"/> is zero.</summary>
    public required long FileSize { get; init; }

    /// <summary>Protection that the segment may be given: 1 read, 2 write, 4 execute.</summary>
    public required int MaxProtection { get; init; }

    /// <summary>Protection at the start: 1 read, 2 write, 4 execute.</summary>
    public required int InitialProtection { get; init; }

    /// <summary>Flags (<c>SG_*</c>).</summary>
    public required uint Flags { get; init; }

    /// <summary>Place of the segment's first section in <see cref="MachOImage.Sections"/>.</summary>
    public required int FirstSection { get; init; }

    /// <summary>How many sections the segment has.</summary>
    public required int SectionCount { get; init; }

    /// <summary>Whether <paramref name="address"/> lies in the segment's memory.</summary>
    public bool Contains(ulong address) => address - Address < Size;
}
