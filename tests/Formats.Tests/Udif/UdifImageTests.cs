using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Udif;
using ChunkKind = IpswDiff.Forge.Udif.UdifChunkKind;
using UdifOptions = IpswDiff.Forge.Udif.UdifOptions;
using UdifWriter = IpswDiff.Forge.Udif.UdifWriter;

namespace IpswDiff.Formats.Tests.Udif;

public sealed class UdifImageTests
{
    private static readonly byte[] Disk = MakeDisk();

    [Theory]
    [InlineData(ChunkKind.Raw)]
    [InlineData(ChunkKind.Adc)]
    [InlineData(ChunkKind.Zlib)]
    [InlineData(ChunkKind.Bzip2)]
    [InlineData(ChunkKind.Lzfse)]
    [InlineData(ChunkKind.Lzma)]
    public void Reads_chunks_of_every_kind(ChunkKind kind)
    {
        var image = Open(Write(new UdifOptions { Kind = kind, ChunkSectors = 64 }));
        AssertHoldsDisk(image);
        image.Verify(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(ChunkKind.Zero)]
    [InlineData(ChunkKind.Ignore)]
    [InlineData(ChunkKind.Raw)]
    public void Reads_zeros_however_they_are_stored(ChunkKind zeros)
    {
        var image = Open(Write(new UdifOptions { Zeros = zeros, ChunkSectors = 32 }));
        AssertHoldsDisk(image);
        image.Verify(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Reads_images_that_mix_kinds_behind_a_prefix()
    {
        ChunkKind[] kinds = [ChunkKind.Zlib, ChunkKind.Raw, ChunkKind.Lzfse, ChunkKind.Bzip2, ChunkKind.Adc, ChunkKind.Lzma];
        var image = Open(Write(new UdifOptions { KindOf = i => kinds[i % kinds.Length], ChunkSectors = 40, DataForkOffset = 1234 }));
        AssertHoldsDisk(image);
        image.Verify(TestContext.Current.CancellationToken);
        Assert.Equal(["first", "second", "third"], image.TableNames);
    }

    [Fact]
    public void Reads_tables_from_a_resource_fork_without_a_property_list()
    {
        var image = Open(WithResourceFork(Write(new UdifOptions { ChunkSectors = 64 })));
        AssertHoldsDisk(image);
        Assert.Equal(3, image.TableNames.Count);
    }

    [Fact]
    public void A_flipped_bit_in_the_data_fork_is_found_by_verification()
    {
        var bytes = Write(new UdifOptions { Kind = ChunkKind.Raw, Zeros = ChunkKind.Ignore });
        bytes[100_000] ^= 1;
        var fault = Assert.Throws<FirmwareFormatException>(() => Open(bytes).Verify(TestContext.Current.CancellationToken));
        Assert.Contains("CRC-32", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Segmented_and_encrypted_images_are_refused_with_what_to_do()
    {
        var segmented = Write(new UdifOptions());
        segmented[^(512 - 63)] = 2;
        Assert.Contains("segmented", Assert.Throws<FirmwareFormatException>(() => Open(segmented)).Reason, StringComparison.Ordinal);

        byte[] newer = [.. "encrcdsa"u8, .. new byte[4096]];
        byte[] older = [.. new byte[4096], .. "cdsaencr"u8];
        Assert.True(UdifImage.Matches(new MemoryByteSource(newer)));
        Assert.Contains("encrypted", Assert.Throws<FirmwareFormatException>(() => Open(newer)).Reason, StringComparison.Ordinal);
        Assert.Contains("encrypted", Assert.Throws<FirmwareFormatException>(() => Open(older)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_direct_chunk_larger_than_two_gigabytes_reads_at_both_ends()
    {
        const long Zeros = 5L << 30;
        using var stream = new MemoryStream();
        var writer = new UdifWriter(stream, new UdifOptions { Zeros = ChunkKind.Zero, ChunkSectors = 8 });
        writer.BeginTable("large");
        writer.Write(Disk.AsSpan(0, 512));
        writer.WriteZeros(Zeros);
        writer.Write(Disk.AsSpan(512, 512));
        writer.Finish();
        var image = Open(stream.ToArray());
        Assert.Equal(Zeros + 1024, image.Length);
        Assert.Equal(Disk[..512], image.ReadBytes(0, 512));
        Assert.Equal(Disk[512..1024], image.ReadBytes(Zeros + 512, 512));
        var across = image.ReadBytes((1L << 30) - 100, 1000);
        Assert.DoesNotContain(across, b => b != 0);
    }

    [Fact]
    public void Damaged_images_give_a_format_fault_or_an_answer()
    {
        ChunkKind[] kinds = [ChunkKind.Zlib, ChunkKind.Raw, ChunkKind.Lzfse, ChunkKind.Bzip2, ChunkKind.Adc, ChunkKind.Lzma];
        var good = Write(new UdifOptions { KindOf = i => kinds[i % kinds.Length], ChunkSectors = 256 });
        var bad = 0;
        foreach (var damaged in Mutator.Damage(good, 600, seed: 5, hot: 512).Concat(Mutator.Truncate(good, 60)))
        {
            bad += Survives(damaged) ? 0 : 1;
        }

        Assert.True(bad > 100, $"only {bad} were refused");
    }

    [Fact]
    public void Damaged_tables_give_a_format_fault_or_an_answer()
    {
        // Inside a resource fork the tables are plain bytes, so that damage reaches every field of them.
        var good = WithResourceFork(Write(new UdifOptions { ChunkSectors = 512 }));
        var fork = good.Length - 512 - 2000;
        var random = new ForgeRandom(9);
        var bad = 0;
        for (var i = 0; i < 1500; i++)
        {
            var damaged = (byte[])good.Clone();
            damaged[fork + random.Next(2000 + 512)] = (byte)random.Next(256);
            bad += Survives(damaged) ? 0 : 1;
        }

        Assert.True(bad > 100, $"only {bad} were refused");
    }

    internal static byte[] Write(UdifOptions options)
    {
        using var stream = new MemoryStream();
        var writer = new UdifWriter(stream, options);
        writer.BeginTable("first");
        writer.Write(Disk.AsSpan(0, 300 * 1024));
        writer.BeginTable("second");
        writer.Write(Disk.AsSpan(300 * 1024, 512));
        writer.BeginTable("third");
        writer.Write(Disk.AsSpan((300 * 1024) + 512));
        writer.Finish();
        return stream.ToArray();
    }

    private static UdifImage Open(byte[] bytes) => UdifImage.Open(new MemoryByteSource(bytes), new BlockCache(1 << 20));

    private static bool Survives(byte[] bytes)
    {
        try
        {
            var image = Open(bytes);
            Assert.InRange(image.Length, 0, long.MaxValue);
            var buffer = new byte[100_000];
            for (var at = 0L; at < Math.Min(image.Length, 2 << 20); at += buffer.Length)
            {
                image.ReadUpTo(at, buffer);
            }

            return true;
        }
        catch (FirmwareFormatException fault)
        {
            Assert.NotEmpty(fault.Reason);
            return false;
        }
    }

    private static void AssertHoldsDisk(UdifImage image)
    {
        Assert.Equal(Disk.Length, image.Length);
        Assert.True(Disk.AsSpan().SequenceEqual(image.ReadBytes(0, Disk.Length)));
        var random = new ForgeRandom(1);
        for (var i = 0; i < 300; i++)
        {
            var at = random.Next(Disk.Length - 1);
            var count = 1 + random.Next(Math.Min(Disk.Length - at, 70_000));
            Assert.True(Disk.AsSpan(at, count).SequenceEqual(image.ReadBytes(at, count)));
        }
    }

    /// <summary>Text-like, random and zero stretches.</summary>
    private static byte[] MakeDisk()
    {
        var disk = new byte[1_024_000];
        new ForgeRandom(2).Fill(disk.AsSpan(400_000, 100_000));
        for (var i = 0; i < 350_000; i++)
        {
            disk[i] = (byte)("the quick brown fox "[i % 20] + ((i >> 9) % 7));
            disk[650_000 + i] = disk[i];
        }

        disk[600_000] = 1;
        return disk;
    }

    /// <summary>The same image with its tables in a classic resource fork, as the first versions of UDIF had them.</summary>
    private static byte[] WithResourceFork(byte[] image)
    {
        var trailer = image.AsSpan(image.Length - 512).ToArray();
        var xmlOffset = (int)System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(trailer.AsSpan(216));
        var tables = UdifPropertyList.Read(image[xmlOffset..^512], 0);
        using var data = new MemoryStream();
        using var references = new MemoryStream();
        foreach (var table in tables)
        {
            references.Write([(byte)(table.Id >> 8), (byte)table.Id, 0xFF, 0xFF, 0, (byte)(data.Position >> 16), (byte)(data.Position >> 8), (byte)data.Position, 0, 0, 0, 0]);
            data.Write(BigEndian(table.Data.Length));
            data.Write(table.Data.Span);
        }

        byte[] map =
        [
            .. new byte[24], 0, 28, 0, 0, 0, 0, .. "blkx"u8, 0, (byte)(tables.Count - 1), 0, 10, .. references.ToArray(),
        ];
        map[26] = 0xFF;
        byte[] fork =
        [
            .. BigEndian(16), .. BigEndian(16 + (int)data.Length), .. BigEndian((int)data.Length), .. BigEndian(map.Length), .. data.ToArray(), .. map,
        ];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(40), xmlOffset);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(48), fork.Length);
        trailer.AsSpan(216, 16).Clear();
        return [.. image[..xmlOffset], .. fork, .. trailer];
    }

    private static byte[] BigEndian(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
