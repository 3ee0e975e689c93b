using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.Partitions;

/// <summary>An Apple partition map (Inside Macintosh: Devices, "SCSI Manager"): driver descriptor, 63 sectors of map, partitions from sector 64.</summary>
internal static class ApplePartitionMap
{
    private const int Sector = DiskLayout.SectorSize;
    private const int MapSectors = 63;
    private const uint ValidAllocatedReadable = 0x13;

    public static List<DiskPiece> Lay(IReadOnlyList<DiskPartition> partitions)
    {
        var total = 1 + MapSectors + partitions.Sum(partition => partition.Content.Length / Sector);
        var driver = new byte[Sector];
        "ER"u8.CopyTo(driver);
        BinaryPrimitives.WriteUInt16BigEndian(driver.AsSpan(2), Sector);
        BinaryPrimitives.WriteUInt32BigEndian(driver.AsSpan(4), (uint)total);

        var map = new byte[MapSectors * Sector];
        var entries = partitions.Count + 1;
        WriteEntry(map, 0, entries, 1, MapSectors, "Apple", "Apple_partition_map");
        var pieces = new List<DiskPiece> { DiskPiece.Of("Driver Descriptor Map (DDM : 0)", driver), DiskPiece.Of("Apple (Apple_partition_map : 1)", map) };
        long at = 1 + MapSectors;
        for (var i = 0; i < partitions.Count; i++)
        {
            var (name, content) = partitions[i];
            WriteEntry(map, i + 1, entries, at, content.Length / Sector, name, content.AppleType);
            pieces.Add(new DiskPiece($"{name} ({content.AppleType} : {pieces.Count})", content.Length, content.WriteTo));
            at += content.Length / Sector;
        }

        return pieces;
    }

    private static void WriteEntry(byte[] map, int index, int entries, long first, long sectors, string name, string type)
    {
        var entry = map.AsSpan(index * Sector, Sector);
        "PM"u8.CopyTo(entry);
        BinaryPrimitives.WriteUInt32BigEndian(entry[4..], (uint)entries);
        BinaryPrimitives.WriteUInt32BigEndian(entry[8..], checked((uint)first));
        BinaryPrimitives.WriteUInt32BigEndian(entry[12..], checked((uint)sectors));
        Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(31, name.Length)), entry[16..]);
        Encoding.ASCII.GetBytes(type, entry[48..]);
        BinaryPrimitives.WriteUInt32BigEndian(entry[84..], checked((uint)sectors));
        BinaryPrimitives.WriteUInt32BigEndian(entry[88..], ValidAllocatedReadable);
    }
}
