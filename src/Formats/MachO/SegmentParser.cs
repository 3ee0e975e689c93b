using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>Reads LC_SEGMENT and LC_SEGMENT_64 with their sections.</summary>
internal static class SegmentParser
{
    private const int Section32Size = 68;
    private const int Section64Size = 80;

    internal static void Parse(ImageFacts facts, LoadCommand command, ref SpanReader reader, bool is64)
    {
        var name = MachOFormat.SharedName(reader.ReadBytes(16));
        var address = is64 ? reader.ReadUInt64() : reader.ReadUInt32();
        var size = is64 ? reader.ReadUInt64() : reader.ReadUInt32();
        var fileOffset = is64 ? reader.ReadOffset64() : reader.ReadUInt32();
        var fileSize = is64 ? reader.ReadOffset64() : reader.ReadUInt32();
        var maxProtection = reader.ReadInt32();
        var initialProtection = reader.ReadInt32();
        var sectionCount = reader.ReadUInt32();
        var flags = reader.ReadUInt32();

        if (fileOffset > long.MaxValue - fileSize)
        {
            throw MachOFormat.Fault(command.Offset, $"segment {name}: 0x{fileSize:x} bytes at file offset 0x{fileOffset:x} pass the end of all offsets");
        }

        if (size != 0 && address > ulong.MaxValue - (size - 1))
        {
            throw MachOFormat.Fault(command.Offset, $"segment {name}: 0x{size:x} bytes at address 0x{address:x} pass the end of memory");
        }

        if (sectionCount > reader.Remaining / (is64 ? Section64Size : Section32Size))
        {
            throw MachOFormat.Fault(command.Offset, $"segment {name}: {sectionCount} sections do not fit in a command of {command.Size} bytes");
        }

        var segment = new MachOSegment(facts.Segments.Count)
        {
            Name = name,
            Address = address,
            Size = size,
            FileOffset = fileOffset,
            FileSize = fileSize,
            MaxProtection = maxProtection,
            InitialProtection = initialProtection,
            Flags = flags,
            FirstSection = facts.Sections.Count,
            SectionCount = (int)sectionCount,
        };
        facts.Segments.Add(segment);
        for (var i = 0; i < segment.SectionCount; i++)
        {
            facts.Sections.Add(ParseSection(facts.Sections.Count, segment, ref reader, is64));
        }
    }

    private static MachOSection ParseSection(int index, MachOSegment segment, ref SpanReader reader, bool is64)
    {
        var start = reader.Offset;
        var name = MachOFormat.SharedName(reader.ReadBytes(16));
        var segmentName = MachOFormat.SharedName(reader.ReadBytes(16));
        var address = is64 ? reader.ReadUInt64() : reader.ReadUInt32();
        var size = is64 ? reader.ReadUInt64() : reader.ReadUInt32();
        if (size > long.MaxValue || (size != 0 && address > ulong.MaxValue - (size - 1)))
        {
            throw MachOFormat.Fault(start, $"section {segmentName}.{name}: 0x{size:x} bytes at address 0x{address:x} pass the end of memory");
        }

        var section = new MachOSection(index)
        {
            Segment = segment,
            SegmentName = segmentName,
            Name = name,
            Address = address,
            Size = (long)size,
            FileOffset = reader.ReadUInt32(),
            Alignment = reader.ReadInt32(),
            RelocationOffset = reader.ReadUInt32(),
            RelocationCount = reader.ReadUInt32(),
            Flags = reader.ReadUInt32(),
            Reserved1 = reader.ReadUInt32(),
            Reserved2 = reader.ReadUInt32(),
            Reserved3 = is64 ? reader.ReadUInt32() : 0,
        };
        return section;
    }
}
