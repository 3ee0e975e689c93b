using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.Ftab;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Ftab;

namespace IpswDiff.Formats.Tests.Ftab;

public sealed class FtabFileTests
{
    private static readonly byte[] Plain = SampleData.Mixed(1, 5_000);
    private static readonly byte[] Packed = SampleData.Mixed(2, 90_000);

    [Fact]
    public void Lists_files_and_decodes_compressed_ones()
    {
        var file = Open(Table());
        Assert.Equal(["rkos", "CR01", "none", "rkos"], file.Entries.Select(entry => entry.Tag));
        Assert.Null(file.Entries[0].ReadEnvelope());
        Assert.Equal(Plain, All(file.Entries[0].OpenContent()));
        Assert.Equal(new FtabEnvelope(9, (uint)Packed.Length, (uint)(file.Entries[1].Source.Length - 12)), file.Entries[1].ReadEnvelope());
        Assert.Equal(Packed, All(file.Entries[1].OpenContent()));
        Assert.Empty(All(file.Entries[2].OpenContent()));
        Assert.Same(file.Entries[0], file.Find("rkos"));
        Assert.Equal(0x1122334455667788u, file.BootNonce);
        Assert.Equal([1, 2, 3], All(file.Ticket!));
    }

    [Fact]
    public void A_table_without_a_ticket_has_none() => Assert.Null(Open(new FtabWriter().Add("abcd", Plain).Write()).Ticket);

    [Fact]
    public void Other_files_are_told_apart()
    {
        Assert.False(FtabFile.TryOpen(new MemoryByteSource(new byte[100]), out _));
        Assert.False(FtabFile.TryOpen(new MemoryByteSource(new byte[3]), out _));
        Assert.Contains("no magic", Assert.Throws<FirmwareFormatException>(() => Open(new byte[100])).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_name_what_is_wrong()
    {
        Assert.Contains("4294967295 files do not fit", Reason(bytes => Write(bytes, 40, uint.MaxValue)), StringComparison.Ordinal);
        Assert.Contains("version 3", Reason(bytes => Write(bytes, 44, 3)), StringComparison.Ordinal);
        Assert.Contains("file 1 (CR01), 4294967295 bytes", Reason(bytes => Write(bytes, 48 + 16 + 8, uint.MaxValue)), StringComparison.Ordinal);
        Assert.Contains("the ticket", Reason(bytes => Write(bytes, 16, uint.MaxValue)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_stated_size_of_a_compressed_file_is_held_against_its_blocks_and_the_limit()
    {
        var bytes = Table();
        var at = (int)Open(bytes).Entries[1].Offset;
        Assert.Contains("1000 may be decoded", Assert.Throws<FirmwareFormatException>(() => Open(bytes).Entries[1].OpenContent(1000)).Reason, StringComparison.Ordinal);
        Write(bytes, at + 4, (uint)Packed.Length - 1);
        Assert.Contains("decodes to 90000 bytes and states 89999", Assert.Throws<FirmwareFormatException>(() => Open(bytes).Entries[1].OpenContent()).Reason, StringComparison.Ordinal);
        Write(bytes, at + 8, uint.MaxValue);
        Assert.Throws<FirmwareFormatException>(() => Open(bytes).Entries[1].OpenContent());
    }

    [Fact]
    public void Survives_damage_anywhere()
    {
        var (read, refused) = (0, 0);
        var original = Table();
        foreach (var damaged in Mutator.Damage(original, 2_000, seed: 41, hot: 112).Concat(Mutator.Truncate(original, 100)))
        {
            try
            {
                read += Open(damaged).Entries.Sum(entry => entry.OpenContent(1 << 20).Length) > 0 ? 1 : 0;
            }
            catch (FirmwareFormatException)
            {
                refused++;
            }
        }

        Assert.NotEqual(0, read);
        Assert.NotEqual(0, refused);
    }

    private static byte[] Table() => new FtabWriter { BootNonce = 0x1122334455667788, Ticket = [1, 2, 3] }
        .Add("rkos", Plain).AddCompressed("CR01", Packed, id: 9).Add("none", []).Add("rkos", [4]).Write();

    private static string Reason(Action<byte[]> damage)
    {
        var bytes = Table();
        damage(bytes);
        return Assert.Throws<FirmwareFormatException>(() => Open(bytes)).Reason;
    }

    private static void Write(byte[] bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);

    private static FtabFile Open(byte[] bytes) => FtabFile.Open(new MemoryByteSource(bytes));

    private static byte[] All(ByteSource source) => source.ReadBytes(0, (int)source.Length);
}
