using System.Buffers.Binary;
using CsCheck;
using IpswDiff.Forge;
using IpswDiff.Forge.TrustCache;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.TrustCache;

namespace IpswDiff.Formats.Tests.TrustCache;

public sealed class TrustCacheFileTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Reads_every_field_its_version_has(int version)
    {
        var writer = Example(version, 300);
        var file = Open(writer.Write());
        Assert.Equal(version, file.Version);
        Assert.Equal(writer.Uuid, file.Uuid);
        Assert.Equal(version > 0, file.IsSorted);
        Assert.Equal(300, file.Count);
        for (var i = 0; i < file.Count; i++)
        {
            var plan = writer.Ordered[i];
            Assert.Equal(plan.CdHash, file[i].CdHash.ToArray());
            Assert.Equal(Convert.ToHexStringLower(plan.CdHash), file[i].CdHashText);
            Assert.Equal(version >= 1 ? plan.HashType : null, file[i].HashType);
            Assert.Equal(version >= 1 ? plan.Flags : null, file[i].Flags);
            Assert.Equal(version >= 2 ? plan.Category : null, file[i].ConstraintCategory);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Finds_each_hash_and_no_other(int version)
    {
        var writer = Example(version, 100);
        var file = Open(writer.Write());
        foreach (var entry in writer.Entries)
        {
            Assert.Equal(entry.CdHash, file.Find(entry.CdHash)!.Value.CdHash.ToArray());
            var other = (byte[])entry.CdHash.Clone();
            other[19] ^= 1;
            Assert.Null(file.Find(other));
        }
    }

    [Fact]
    public void An_entry_prints_its_columns() => Assert.Equal(
        "000102030405060708090a0b0c0d0e0f10111213 [2] [1] [8]",
        Open(new TrustCacheWriter(2) { Entries = { new([.. Enumerable.Range(0, 20).Select(i => (byte)i)], 2, 1, 8) } }.Write())[0].ToString());

    [Fact]
    public void Knows_the_tags_of_payloads_that_hold_one()
    {
        Assert.True(TrustCacheFile.IsTag("trst"));
        Assert.True(TrustCacheFile.IsTag("rtsc"));
        Assert.False(TrustCacheFile.IsTag("krnl"));
    }

    [Fact]
    public void Is_told_by_version_and_exact_length()
    {
        var bytes = Example(1, 5).Write();
        Assert.True(TrustCacheFile.TryOpen(new MemoryByteSource(bytes), out _));
        Assert.False(TrustCacheFile.TryOpen(new MemoryByteSource(bytes.AsMemory(0, bytes.Length - 1)), out _));
        Assert.False(TrustCacheFile.TryOpen(new MemoryByteSource(new byte[10]), out _));
        bytes[0] = 3;
        Assert.False(TrustCacheFile.TryOpen(new MemoryByteSource(bytes), out _));
        Assert.Contains("version 3", Assert.Throws<FirmwareFormatException>(() => Open(bytes)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_count_beyond_the_file_is_refused()
    {
        var bytes = Example(1, 5).Write();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), uint.MaxValue);
        Assert.Contains("4294967295 entries", Assert.Throws<FirmwareFormatException>(() => Open(bytes)).Reason, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(Example(1, 5).Write())[5]);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        try
        {
            var file = Open(bytes);
            for (var i = 0; i < file.Count; i++)
            {
                Assert.NotNull(file.Find(file[i].CdHash.Span));
            }
        }
        catch (FirmwareFormatException fault)
        {
            Assert.NotEmpty(fault.Reason);
        }
    });

    [Fact]
    public void Survives_damage_anywhere()
    {
        var original = Example(2, 50).Write();
        var refused = 0;
        foreach (var damaged in Mutator.Damage(original, 1_000, seed: 42, hot: 24).Concat(Mutator.Truncate(original, 50)))
        {
            try
            {
                Assert.InRange(Open(damaged).Count, 0, 60);
            }
            catch (FirmwareFormatException)
            {
                refused++;
            }
        }

        Assert.NotEqual(0, refused);
    }

    private static TrustCacheWriter Example(int version, int count)
    {
        var random = new ForgeRandom((ulong)version + 1);
        var writer = new TrustCacheWriter(version);
        for (var i = 0; i < count; i++)
        {
            var hash = new byte[20];
            random.Fill(hash);
            writer.Entries.Add(new TrustCacheEntryPlan(hash, (byte)(1 + random.Next(4)), (byte)random.Next(4), (byte)random.Next(20)));
        }

        return writer;
    }

    private static TrustCacheFile Open(byte[] bytes) => TrustCacheFile.Open(new MemoryByteSource(bytes));
}
