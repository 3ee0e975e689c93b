using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>The header of a unit (DWARF 4 and 5, section 7.5.1). Offsets count from the beginning of the unit's section.</summary>
public sealed class DwarfUnit
{
    private const int LongestHeader = 40;

    private DwarfUnit()
    {
    }

    /// <summary>Place among the units of the file, from 0.</summary>
    public int Index { get; private init; }

    /// <summary>Whether the unit lies in <c>.debug_types</c> and not in <c>.debug_info</c>.</summary>
    public bool IsInTypes { get; private init; }

    /// <summary>Where the header begins.</summary>
    public long Offset { get; private init; }

    /// <summary>Where the first entry begins.</summary>
    public long EntriesOffset { get; private init; }

    /// <summary>Where the unit ends.</summary>
    public long End { get; private init; }

    /// <summary>Version of the format, 2 to 5.</summary>
    public int Version { get; private init; }

    /// <summary>What the unit is.</summary>
    public DwarfUnitKind Kind { get; private init; }

    /// <summary>Whether offsets in the unit have 64 bits.</summary>
    public bool Is64Bit { get; private init; }

    /// <summary>Bytes of an address: 1, 2, 4 or 8.</summary>
    public int AddressSize { get; private init; }

    /// <summary>Where the unit's abbreviations begin in <c>.debug_abbrev</c>.</summary>
    public long AbbreviationsOffset { get; private init; }

    /// <summary>Of a type unit: the signature it is referred to by.</summary>
    public ulong Signature { get; private init; }

    /// <summary>Of a type unit: where its type's entry begins, from the beginning of the unit.</summary>
    public long TypeOffset { get; private init; }

    /// <summary>Bytes of an offset in the unit.</summary>
    internal int OffsetSize => Is64Bit ? 8 : 4;

    /// <summary>Reads the header at <paramref name="offset"/>.</summary>
    /// <exception cref="FirmwareFormatException">The unit leaves its section, is too short, or is of a version that is not known.</exception>
    internal static DwarfUnit Read(ByteSource section, long offset, bool inTypes, bool bigEndian, int index)
    {
        Span<byte> head = stackalloc byte[LongestHeader];
        var reader = new SpanReader(head[..section.ReadUpTo(offset, head)], DwarfFormat.Name, offset, bigEndian);
        long length = reader.ReadUInt32();
        var is64 = length == 0xFFFFFFFF;
        length = is64 ? reader.ReadOffset64() : length;
        var place = reader.Offset;
        if ((!is64 && length >= 0xFFFFFFF0) || length > section.Length - place)
        {
            throw DwarfFormat.Fault(offset, $"a unit of 0x{length:x} bytes leaves its section, which ends at 0x{section.Length:x}");
        }

        if (length > DwarfFormat.MaxUnitBytes)
        {
            throw DwarfFormat.Fault(offset, $"a unit of 0x{length:x} bytes is larger than the {DwarfFormat.MaxUnitBytes >> 20} MiB that are read");
        }

        var version = reader.ReadUInt16();
        if (version is < 2 or > 5)
        {
            throw DwarfFormat.Fault(offset, $"version {version} is not known; 2 to 5 are");
        }

        var kind = inTypes ? DwarfUnitKind.Type : DwarfUnitKind.Compile;
        int addressSize;
        long abbreviations;
        if (version >= 5)
        {
            kind = (DwarfUnitKind)reader.ReadByte();
            addressSize = reader.ReadByte();
            abbreviations = is64 ? reader.ReadOffset64() : reader.ReadUInt32();
            if (kind is < DwarfUnitKind.Compile or > DwarfUnitKind.SplitType)
            {
                throw DwarfFormat.Fault(offset, $"a unit of type {(byte)kind} is not known");
            }
        }
        else
        {
            abbreviations = is64 ? reader.ReadOffset64() : reader.ReadUInt32();
            addressSize = reader.ReadByte();
        }

        if (addressSize is not (1 or 2 or 4 or 8))
        {
            throw DwarfFormat.Fault(offset, $"addresses of {addressSize} bytes are not known");
        }

        ulong signature = 0;
        long typeOffset = 0;
        if (kind is DwarfUnitKind.Type or DwarfUnitKind.SplitType)
        {
            signature = reader.ReadUInt64();
            typeOffset = is64 ? reader.ReadOffset64() : reader.ReadUInt32();
        }
        else if (kind is DwarfUnitKind.Skeleton or DwarfUnitKind.SplitCompile)
        {
            reader.Skip(8);
        }

        if (reader.Offset > place + length)
        {
            throw DwarfFormat.Fault(offset, $"a unit of 0x{length:x} bytes is shorter than its header");
        }

        return new DwarfUnit
        {
            Index = index,
            IsInTypes = inTypes,
            Offset = offset,
            EntriesOffset = reader.Offset,
            End = place + length,
            Version = version,
            Kind = kind,
            Is64Bit = is64,
            AddressSize = addressSize,
            AbbreviationsOffset = abbreviations,
            Signature = signature,
            TypeOffset = typeOffset,
        };
    }
}
