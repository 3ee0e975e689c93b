using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>
/// The Mach header of a kext in a cache with tables. The boot loader slides such caches by chains of pointers, and the addresses in the
/// load commands are links of those chains: they carry tags, which are taken off here so that the image reads like any other.
/// </summary>
internal static class UntaggedHeader
{
    private const int HeaderSize = 32;
    private const int MaxCommandBytes = 1 << 20;
    private const uint Magic64 = 0xFEEDFACF;
    private const uint Segment64 = 0x19;
    private const int SegmentSize = 72;
    private const int SegmentAddress = 24;
    private const int SectionSize = 80;
    private const int SectionAddress = 32;

    /// <summary>A copy of header and commands with plain addresses. What is no 64-bit Mach-O is handed back as it is, for its reader to refuse.</summary>
    internal static ByteSource Read(ByteSource header, Func<ulong, ulong> untag)
    {
        Span<byte> head = stackalloc byte[HeaderSize];
        if (header.ReadUpTo(0, head) < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(head) != Magic64)
        {
            return header;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(head[16..]);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(head[20..]);
        if (size > MaxCommandBytes || size > header.Length - HeaderSize)
        {
            return header;
        }

        var bytes = header.ReadBytes(0, HeaderSize + (int)size);
        var commands = bytes.AsSpan(HeaderSize);
        for (var i = 0u; i < count && commands.Length >= 8; i++)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(commands[4..]);
            if (length < 8 || length > (uint)commands.Length)
            {
                break;
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(commands) == Segment64 && length >= SegmentSize)
            {
                UntagSegment(commands[..(int)length], untag);
            }

            commands = commands[(int)length..];
        }

        return new MemoryByteSource(bytes);
    }

    private static void UntagSegment(Span<byte> command, Func<ulong, ulong> untag)
    {
        Untag(command[SegmentAddress..], untag);
        for (var sections = command[SegmentSize..]; sections.Length >= SectionSize; sections = sections[SectionSize..])
        {
            Untag(sections[SectionAddress..], untag);
        }
    }

    private static void Untag(Span<byte> field, Func<ulong, ulong> untag) =>
        BinaryPrimitives.WriteUInt64LittleEndian(field, untag(BinaryPrimitives.ReadUInt64LittleEndian(field)));
}
