using System.IO.Hashing;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Partitions;

/// <summary>
/// Reads a GUID partition table (UEFI specification, section 5.3): the header in block 1, its backup in the last block, both with a
/// CRC-32 of themselves and of the entries.
/// </summary>
internal static class GptReader
{
    /// <summary>Bytes of the smallest block that a table counts in.</summary>
    internal const int SmallestBlock = 512;

    /// <summary>Bytes of the signature at the front of a header.</summary>
    internal const int SignatureLength = 8;

    private const string Format = "GPT";
    private const int MinimumHeader = 92;
    private const int MinimumEntry = 128;
    private const long MaximumEntries = 1 << 20;

    /// <summary>Whether a header's signature stands at <paramref name="offset"/> of the first bytes of a disk.</summary>
    internal static bool HasSignature(ReadOnlySpan<byte> head, int offset) => head.Length >= offset + SignatureLength && IsSignature(head[offset..]);

    /// <summary>
    /// The partitions, or null where no table with this block size is present. A table that is present and damaged, and whose backup is
    /// too, leaves its fault in <paramref name="fault"/>.
    /// </summary>
    internal static List<Partition>? TryRead(ByteSource disk, int blockSize, ref FirmwareFormatException? fault)
    {
        if (disk.Length < blockSize * 3L)
        {
            return null;
        }

        var last = (disk.Length / blockSize) - 1;
        return TryReadAt(disk, blockSize, 1, ref fault) ?? TryReadAt(disk, blockSize, last, ref fault);
    }

    private static bool IsSignature(ReadOnlySpan<byte> header) => header.StartsWith("EFI PART"u8);

    private static List<Partition>? TryReadAt(ByteSource disk, int blockSize, long block, ref FirmwareFormatException? fault)
    {
        var offset = block * blockSize;
        var header = disk.ReadBytes(offset, blockSize);
        if (!IsSignature(header))
        {
            return null;
        }

        try
        {
            return ReadTable(disk, blockSize, header, offset);
        }
        catch (FirmwareFormatException damage)
        {
            // Kept, and reported if the other copy does not help.
            fault ??= damage;
            return null;
        }
    }

    private static List<Partition> ReadTable(ByteSource disk, int blockSize, byte[] header, long offset)
    {
        var reader = new SpanReader(header, Format, offset);
        reader.Skip(12);
        var headerSize = reader.ReadUInt32();
        var headerCrc = reader.ReadUInt32();
        if (headerSize < MinimumHeader || headerSize > blockSize)
        {
            throw reader.Fault($"a header of {headerSize} bytes is out of range");
        }

        header.AsSpan(16, 4).Clear();
        if (Crc32.HashToUInt32(header.AsSpan(0, (int)headerSize)) != headerCrc)
        {
            throw reader.Fault("the header's CRC-32 does not match");
        }

        reader.Seek(72);
        var entriesBlock = reader.ReadOffset64();
        var count = reader.ReadUInt32();
        var entrySize = reader.ReadUInt32();
        var entriesCrc = reader.ReadUInt32();
        if (entrySize < MinimumEntry || entrySize > blockSize || count * (long)entrySize > MaximumEntries || entriesBlock > disk.Length / blockSize)
        {
            throw reader.Fault($"{count} entries of {entrySize} bytes at block {entriesBlock} are out of range");
        }

        var entries = disk.ReadBytes(entriesBlock * blockSize, (int)(count * entrySize));
        if (Crc32.HashToUInt32(entries) != entriesCrc)
        {
            throw new FirmwareFormatException(Format, entriesBlock * blockSize, "the CRC-32 of the partition entries does not match");
        }

        var partitions = new List<Partition>();
        for (var i = 0; i < count; i++)
        {
            var at = (int)(i * entrySize);
            var entry = new SpanReader(entries.AsSpan(at, (int)entrySize), Format, (entriesBlock * blockSize) + at);
            if (ReadEntry(entry, disk, blockSize) is { } partition)
            {
                partitions.Add(partition);
            }
        }

        return partitions;
    }

    private static Partition? ReadEntry(SpanReader entry, ByteSource disk, int blockSize)
    {
        var type = new Guid(entry.ReadBytes(16));
        if (type == Guid.Empty)
        {
            return null;
        }

        entry.Skip(16);
        var first = entry.ReadOffset64();
        var last = entry.ReadOffset64();
        entry.Skip(8);
        if (first > last || last >= disk.Length / blockSize)
        {
            throw entry.Fault($"a partition of blocks {first} to {last} leaves the disk, which has {disk.Length / blockSize}");
        }

        var name = Encoding.Unicode.GetString(entry.ReadBytes(72));
        var end = name.IndexOf('\0', StringComparison.Ordinal);
        return new Partition(
            end < 0 ? name : name[..end], type.ToString("D").ToUpperInvariant(), first * blockSize, (last - first + 1) * blockSize);
    }
}
