using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace IpswDiff.Forge.Partitions;

/// <summary>A GUID partition table (UEFI specification, chapter 5): protective MBR, primary and backup header with 128 entries, partitions from sector 40.</summary>
internal static class GuidPartitionTable
{
    private const int Sector = DiskLayout.SectorSize;
    private const int Entries = 128;
    private const int EntrySize = 128;
    private const int TableSectors = Entries * EntrySize / Sector;
    private const int FirstUsable = 2 + TableSectors;
    private const int Alignment = 8;
    private const int HeaderSize = 92;

    public static List<DiskPiece> Lay(IReadOnlyList<DiskPartition> partitions)
    {
        var ranges = new List<(long First, long Sectors)>();
        long at = FirstUsable;
        foreach (var partition in partitions)
        {
            at = (at + Alignment - 1) / Alignment * Alignment;
            var sectors = partition.Content.Length / Sector;
            ranges.Add((at, sectors));
            at += sectors;
        }

        var end = (at + Alignment - 1) / Alignment * Alignment;
        var total = end + TableSectors + 1;
        var table = Table(partitions, ranges);
        var pieces = new List<DiskPiece>
        {
            DiskPiece.Of("Protective Master Boot Record (MBR : 0)", ProtectiveMbr(total)),
            DiskPiece.Of("GPT Header (Primary GPT Header : 1)", Header(table, 1, total, 2)),
            DiskPiece.Of("GPT Partition Data (Primary GPT Table : 2)", table),
        };
        long written = FirstUsable;
        for (var i = 0; i < partitions.Count; i++)
        {
            AddFree(pieces, ranges[i].First - written);
            pieces.Add(new DiskPiece($"{partitions[i].Name} ({partitions[i].Content.AppleType} : {pieces.Count})", ranges[i].Sectors * Sector, partitions[i].Content.WriteTo));
            written = ranges[i].First + ranges[i].Sectors;
        }

        AddFree(pieces, end - written);
        pieces.Add(DiskPiece.Of($"GPT Partition Data (Backup GPT Table : {pieces.Count})", table));
        pieces.Add(DiskPiece.Of($"GPT Header (Backup GPT Header : {pieces.Count})", Header(table, total - 1, total, end)));
        return pieces;
    }

    private static void AddFree(List<DiskPiece> pieces, long sectors)
    {
        if (sectors > 0)
        {
            pieces.Add(DiskPiece.Free($" (Apple_Free : {pieces.Count})", sectors * Sector));
        }
    }

    private static byte[] ProtectiveMbr(long total)
    {
        var mbr = new byte[Sector];
        var entry = mbr.AsSpan(446);
        new byte[] { 0, 0xFE, 0xFF, 0xFF, 0xEE, 0xFE, 0xFF, 0xFF }.CopyTo(entry);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], (uint)Math.Min(uint.MaxValue, total - 1));
        (mbr[510], mbr[511]) = (0x55, 0xAA);
        return mbr;
    }

    private static byte[] Table(IReadOnlyList<DiskPartition> partitions, List<(long First, long Sectors)> ranges)
    {
        var table = new byte[Entries * EntrySize];
        for (var i = 0; i < partitions.Count; i++)
        {
            var entry = table.AsSpan(i * EntrySize, EntrySize);
            partitions[i].Content.GptType.TryWriteBytes(entry);
            Identity($"partition {i} {partitions[i].Name}").TryWriteBytes(entry[16..]);
            BinaryPrimitives.WriteInt64LittleEndian(entry[32..], ranges[i].First);
            BinaryPrimitives.WriteInt64LittleEndian(entry[40..], ranges[i].First + ranges[i].Sectors - 1);
            var name = partitions[i].Name;
            Encoding.Unicode.GetBytes(name.AsSpan(0, Math.Min(36, name.Length)), entry[56..]);
        }

        return table;
    }

    private static byte[] Header(byte[] table, long own, long total, long tableSector)
    {
        var header = new byte[Sector];
        "EFI PART"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), 0x00010000);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), HeaderSize);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), own);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), own == 1 ? total - 1 : 1);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(40), FirstUsable);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(48), total - TableSectors - 2);
        Identity($"disk of {total} sectors").TryWriteBytes(header.AsSpan(56));
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(72), tableSector);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(80), Entries);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(84), EntrySize);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(88), Crc32.HashToUInt32(table));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32.HashToUInt32(header.AsSpan(0, HeaderSize)));
        return header;
    }

    private static Guid Identity(string of)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(of));
        return new Guid(hash.AsSpan(0, 16));
    }
}
