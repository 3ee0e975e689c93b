using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Dwarf;

/// <summary>
/// The sections of debugging information that types lie in, as DWARF 5 section 7.1 names them. A Mach-O image has them in its segment
/// <c>__DWARF</c>, under names cut to sixteen characters.
/// </summary>
public sealed record DwarfSections
{
    private const string Segment = "__DWARF";

    private static readonly ByteSource Empty = new MemoryByteSource(ReadOnlyMemory<byte>.Empty);

    /// <summary><c>.debug_info</c>: the units.</summary>
    public required ByteSource Info { get; init; }

    /// <summary><c>.debug_abbrev</c>: how entries are laid out.</summary>
    public required ByteSource Abbreviations { get; init; }

    /// <summary><c>.debug_types</c>: the type units of DWARF 4; empty where there are none.</summary>
    public ByteSource Types { get; init; } = Empty;

    /// <summary><c>.debug_str</c>: names.</summary>
    public ByteSource Strings { get; init; } = Empty;

    /// <summary><c>.debug_line_str</c>: names of files, which DWARF 5 lets any attribute use.</summary>
    public ByteSource LineStrings { get; init; } = Empty;

    /// <summary><c>.debug_str_offsets</c>: where names by number lie.</summary>
    public ByteSource StringOffsets { get; init; } = Empty;

    /// <summary>Whether fields are stored most significant byte first.</summary>
    public bool BigEndian { get; init; }

    /// <summary>Whether an image has debugging information of its own; nothing but its header is looked at.</summary>
    public static bool AreIn(MachOImage image) => Find(image, "__debug_info") is { Size: > 0 };

    /// <summary>The sections of an image.</summary>
    /// <exception cref="FirmwareFormatException">The image has no debugging information, or a section lies outside the file.</exception>
    public static DwarfSections Open(MachOImage image)
    {
        if (!AreIn(image))
        {
            throw DwarfFormat.Fault(
                -1, "the image has no section __DWARF.__debug_info: name the file inside the .dSYM bundle, or a file that was built with -g and not stripped");
        }

        return new DwarfSections
        {
            Info = OpenSection(image, "__debug_info"),
            Abbreviations = OpenSection(image, "__debug_abbrev"),
            Types = OpenSection(image, "__debug_types"),
            Strings = OpenSection(image, "__debug_str"),
            LineStrings = OpenSection(image, "__debug_line_str"),
            StringOffsets = OpenSection(image, "__debug_str_offs"),
            BigEndian = image.BigEndian,
        };
    }

    private static ByteSource OpenSection(MachOImage image, string name) => Find(image, name) is { } section ? image.OpenSection(section) : Empty;

    private static MachOSection? Find(MachOImage image, string name)
    {
        foreach (var section in image.Sections)
        {
            if (section.SegmentName == Segment && section.Name == name)
            {
                return section;
            }
        }

        return null;
    }
}
