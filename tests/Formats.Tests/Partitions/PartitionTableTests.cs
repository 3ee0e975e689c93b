using IpswDiff.Forge;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Partitions;
using Forged = IpswDiff.Forge.Apfs;
using PartitionMap = IpswDiff.Forge.Partitions.PartitionMap;

namespace IpswDiff.Formats.Tests.Partitions;

public sealed class PartitionTableTests
{
    private static readonly string ApfsType = PartitionTypes.Apfs.ToString("D").ToUpperInvariant();

    [Fact]
    public void Reads_a_guid_partition_table()
    {
        var table = Read(Write(PartitionMap.Gpt));
        Assert.Equal(PartitionScheme.Gpt, table.Scheme);
        Assert.Equal(512, table.BlockSize);
        Assert.Equal([("one", ApfsType), ("two", ApfsType)], table.Partitions.Select(p => (p.Name, p.Type)));
        Assert.Equal(100 * 512, table.Partitions[0].Size);
        Assert.Equal(37 * 512, table.Partitions[1].Size);
    }

    [Fact]
    public void The_backup_table_stands_in_for_a_damaged_first_one()
    {
        var disk = Write(PartitionMap.Gpt);
        var whole = Read(disk).Partitions;
        var damagedHeader = (byte[])disk.Clone();
        damagedHeader[512 + 60] ^= 1;
        Assert.Equal(whole, Read(damagedHeader).Partitions);
        var damagedEntries = (byte[])disk.Clone();
        damagedEntries[1024 + 40] ^= 1;
        Assert.Equal(whole, Read(damagedEntries).Partitions);

        damagedEntries[^(512 - 60)] ^= 1;
        var fault = Assert.Throws<FirmwareFormatException>(() => Read(damagedEntries));
        Assert.Equal("GPT", fault.Format);
    }

    [Fact]
    public void Reads_an_apple_partition_map()
    {
        var table = Read(Write(PartitionMap.Apm));
        Assert.Equal(PartitionScheme.Apm, table.Scheme);
        var content = table.Partitions.Where(p => p.Type == "Apple_APFS").ToList();
        Assert.Equal(["one", "two"], content.Select(p => p.Name));
        Assert.Equal([100 * 512L, 37 * 512L], content.Select(p => p.Size));
    }

    [Theory]
    [InlineData(PartitionMap.Gpt)]
    [InlineData(PartitionMap.Apm)]
    public void Every_partition_begins_where_its_bytes_are(PartitionMap map)
    {
        var disk = Write(map);
        var table = Read(disk);
        foreach (var partition in table.Partitions.Where(p => p.Name is "one" or "two"))
        {
            var mark = (byte)(partition.Name == "one" ? 1 : 2);
            Assert.DoesNotContain(disk[(int)partition.Offset..(int)(partition.Offset + partition.Size)], b => b != mark);
        }
    }

    [Fact]
    public void A_disk_that_begins_with_a_file_system_is_one_partition()
    {
        using var stream = new MemoryStream();
        new Forged.ApfsContainer([new Forged.ApfsVolume("bare", new ForgeTree())]).WriteTo(new StreamSink(stream));
        var table = Read(stream.ToArray());
        Assert.Equal(PartitionScheme.None, table.Scheme);
        Assert.Equal(new Partition(string.Empty, string.Empty, 0, stream.Length), Assert.Single(table.Partitions));
    }

    [Theory]
    [InlineData(PartitionMap.Gpt)]
    [InlineData(PartitionMap.Apm)]
    public void Damaged_tables_give_a_format_fault_or_an_answer(PartitionMap map)
    {
        var good = Write(map);
        var refused = 0;
        foreach (var bad in Mutator.Damage(good, 400, seed: 4, hot: 4096).Concat(Mutator.Truncate(good, 50)))
        {
            try
            {
                Assert.All(Read(bad).Partitions, p => Assert.InRange(p.Offset + p.Size, 0, bad.Length));
            }
            catch (FirmwareFormatException fault)
            {
                Assert.NotEmpty(fault.Reason);
                refused++;
            }
        }

        Assert.True(refused > 0);
    }

    private static PartitionTable Read(byte[] disk) => PartitionTable.Open(new MemoryByteSource(disk));

    private static byte[] Write(PartitionMap map)
    {
        using var stream = new MemoryStream();
        DiskLayout.Create(map, [new DiskPartition("one", Filled(100, 1)), new DiskPartition("two", Filled(37, 2))]).WriteTo(new StreamSink(stream));
        return stream.ToArray();
    }

    private static RawContent Filled(int sectors, byte value)
    {
        var bytes = new byte[sectors * 512];
        Array.Fill(bytes, value);
        return new RawContent(bytes.Length, sink => sink.Write(bytes), PartitionTypes.Apfs, "Apple_APFS");
    }
}
