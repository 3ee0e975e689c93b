using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.MachO;

/// <summary>A section to write. Address and file offset are known once the image has been built.</summary>
public sealed class MachOSectionPlan
{
    public required string SegmentName { get; init; }

    public required string Name { get; init; }

    /// <summary>Contents; empty for zero fill.</summary>
    public byte[] Bytes { get; set; } = [];

    /// <summary>Bytes of memory of a zero-fill section.</summary>
    public long ZeroFillSize { get; init; }

    /// <summary>Type and attributes.</summary>
    public uint Flags { get; init; }

    /// <summary>Alignment as a power of two.</summary>
    public int Alignment { get; init; }

    public uint Reserved1 { get; init; }

    public uint Reserved2 { get; init; }

    public ulong Address { get; internal set; }

    public long FileOffset { get; internal set; }

    /// <summary>Place among the image's sections, from 1 as symbols count.</summary>
    public int Ordinal { get; internal set; }

    public bool IsZeroFill => (SectionType)(byte)Flags is SectionType.ZeroFill or SectionType.ThreadLocalZeroFill or SectionType.GbZeroFill;

    public long Size => IsZeroFill ? ZeroFillSize : Bytes.Length;
}

/// <summary>A segment to write, with its sections in order.</summary>
public sealed class MachOSegmentPlan
{
    public required string Name { get; init; }

    public int MaxProtection { get; set; }

    public int InitialProtection { get; set; }

    public uint Flags { get; set; }

    /// <summary>Where the segment must begin; null to let it follow the one before.</summary>
    public ulong? FixedAddress { get; set; }

    public List<MachOSectionPlan> Sections { get; } = [];

    public ulong Address { get; internal set; }

    public ulong Size { get; internal set; }

    public long FileOffset { get; internal set; }

    public long FileSize { get; internal set; }
}
