using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Partitions;

/// <summary>
/// Reads an Apple partition map: a driver descriptor (<c>ER</c>) that gives the block size, then one <c>PM</c> entry a block from block
/// 1 on, each with the number of entries (Inside Macintosh: Devices, chapter 3). Big endian.
/// </summary>
internal static class ApmReader
{
    private const string Format = "APM";
    private const ushort DriverDescriptor = 0x4552;
    private const ushort Entry = 0x504D;
    private const int EntrySize = 512;
    private const uint MaximumEntries = 1024;

    /// <summary>Whether a disk that begins with <paramref name="head"/> has a driver descriptor, or an entry in its second block of 512 bytes.</summary>
    internal static bool Begins(ReadOnlySpan<byte> head) => head.StartsWith("ER"u8)
        || (head.Length >= EntrySize + 4 && head[EntrySize..].StartsWith("PM\0\0"u8));

    /// <summary>The partitions, or null where there is no map.</summary>
    internal static List<Partition>? TryRead(ByteSource disk, out int blockSize)
    {
        // Images without a driver descriptor have their first entry at byte 512.
        blockSize = 512;
        Span<byte> start = stackalloc byte[4];
        if (disk.ReadUpTo(0, start) == 4 && BinaryPrimitives.ReadUInt16BigEndian(start) == DriverDescriptor)
        {
            blockSize = BinaryPrimitives.ReadUInt16BigEndian(start[2..]);
        }

        if (blockSize is not (512 or 1024 or 2048 or 4096) && !IsEntry(disk, blockSize))
        {
            blockSize = 512;
        }

        // Hybrid discs count in 2048-byte blocks in block 0, but in 512-byte blocks in the map.
        if (!IsEntry(disk, blockSize))
        {
            blockSize = 512;
        }

        return IsEntry(disk, blockSize) ? ReadMap(disk, blockSize) : null;
    }

    private static bool IsEntry(ByteSource disk, int offset)
    {
        Span<byte> magic = stackalloc byte[2];
        return disk.ReadUpTo(offset, magic) == 2 && BinaryPrimitives.ReadUInt16BigEndian(magic) == Entry;
    }

    private static List<Partition> ReadMap(ByteSource disk, int blockSize)
    {
        var partitions = new List<Partition>();
        var count = 1u;
        for (var i = 1u; i <= count; i++)
        {
            var offset = (long)i * blockSize;
            var reader = new SpanReader(disk.ReadBytes(offset, EntrySize), Format, offset, bigEndian: true);
            if (reader.ReadUInt16() != Entry)
            {
                throw reader.Fault($"entry {i} of the partition map does not begin with PM");
            }

            reader.Skip(2);
            count = reader.ReadUInt32();
            if (count > MaximumEntries)
            {
                throw reader.Fault($"a map of {count} entries is out of range");
            }

            var first = reader.ReadUInt32() * (long)blockSize;
            var size = reader.ReadUInt32() * (long)blockSize;
            var name = reader.ReadFixedAscii(32);
            var type = reader.ReadFixedAscii(32);
            if (type == "Apple_Free" && first > disk.Length - size)
            {
                continue;
            }

            if (first > disk.Length - size)
            {
                throw reader.Fault($"partition {name} (0x{first:x}, {size} bytes) leaves the disk, which ends at 0x{disk.Length:x}");
            }

            partitions.Add(new Partition(name, type, first, size));
        }

        return partitions;
    }
}
