using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>What the files of this folder share: the format's name and the limits that keep hostile input from taking all memory or time.</summary>
internal static class DwarfFormat
{
    internal const string Name = "DWARF";

    /// <summary>Units of a file; a whole kernel has a few thousand.</summary>
    internal const int MaxUnits = 1 << 18;

    /// <summary>Bytes of one unit, which is held while it is read; the largest of a kernel have a few megabytes.</summary>
    internal const int MaxUnitBytes = 512 << 20;

    /// <summary>Entries of one unit that belong to types.</summary>
    internal const int MaxUnitNodes = 4 << 20;

    /// <summary>Entries within entries.</summary>
    internal const int MaxDepth = 4096;

    /// <summary>Types within types: a pointer to a pointer to a function that takes … .</summary>
    internal const int MaxTypeDepth = 200;

    /// <summary>Bytes of a name; those of C++ templates have some thousands.</summary>
    internal const int MaxNameLength = 1 << 16;

    /// <summary>Different definitions of a file; a kernel has some ten thousands.</summary>
    internal const int MaxDefinitions = 1 << 21;

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Name, offset, reason);
}
