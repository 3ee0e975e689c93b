using CsCheck;
using IpswDiff.Forge;
using IpswDiff.Forge.Aea;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Tests.Aea;

public sealed class AeaArchiveTests
{
    // Two clusters and a bit, the last segment short.
    private const int Length = (2 * 32 * 0x4000) + (5 * 0x4000) + 1234;

    private static readonly byte[] Data = SampleData.Mixed(99, Length);

    public static TheoryData<AeaCompression> Compressions => [.. Enum.GetValues<AeaCompression>()];

    public static TheoryData<AeaChecksum> Checksums => [.. Enum.GetValues<AeaChecksum>()];

    [Theory]
    [MemberData(nameof(Compressions))]
    public void Reads_at_any_offset_whatever_the_compression(AeaCompression compression)
    {
        var builder = new AeaBuilder(1) { Compression = compression };
        using var check = new ArchiveCheck(builder, Data);
        Assert.Equal(compression, check.Archive.Compression);
        Gen.Select(Gen.Int[0, Length], Gen.Int[0, 100_000]).Sample(
            (offset, count) => check.Reads(offset, Math.Min(count, Length - offset)), iter: 60, threads: 1);
        check.Reads(0, Length);
    }

    [Theory]
    [MemberData(nameof(Checksums))]
    public void Verifies_every_kind_of_checksum(AeaChecksum checksum)
    {
        using var check = new ArchiveCheck(new AeaBuilder(2) { Checksum = checksum, Compression = AeaCompression.Lzvn }, Data);
        Assert.Equal(checksum, check.Archive.Checksum);
        check.Reads(0, Length);
    }

    [Theory]
    [InlineData(AeaProfile.Signed)]
    [InlineData(AeaProfile.Symmetric)]
    [InlineData(AeaProfile.SymmetricSigned)]
    public void Reads_every_symmetric_profile(AeaProfile profile)
    {
        var builder = new AeaBuilder(3) { Profile = profile, Padding = 777 };
        using var check = new ArchiveCheck(builder, Data);
        Assert.Equal(profile, check.Archive.Prologue.Profile);
        check.Reads(0, Length);
    }

    [Fact]
    public void Reads_the_last_cluster_first()
    {
        using var check = new ArchiveCheck(new AeaBuilder(4), Data);
        check.Reads(Length - 100, 100);
        check.Reads(0, 100);
    }

    [Fact]
    public void Reads_from_many_threads_at_once()
    {
        using var check = new ArchiveCheck(new AeaBuilder(5), Data);
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var random = new ForgeRandom((ulong)i);
            var offset = random.Next(Length);
            check.Reads(offset, Math.Min(random.Next(50_000), Length - offset));
        });
    }

    [Fact]
    public void Reads_an_empty_archive()
    {
        using var check = new ArchiveCheck(new AeaBuilder(6), []);
        Assert.Equal(0, check.Archive.Length);
    }

    [Fact]
    public void Prologue_lists_fields_without_a_key()
    {
        var builder = new AeaBuilder(7).WithField("first", "one"u8).WithKeyService("https://example.apple.com/keys/some%20key.pem");
        var prologue = AeaPrologue.Read(new MemoryByteSource(builder.Build(Data)));
        Assert.Equal("one"u8.ToArray(), prologue.Fields["first"]);
        Assert.Equal("some key.pem", prologue.KeyName);
        Assert.Equal(3, prologue.Fields.Count);
    }

    [Theory]
    [InlineData(AeaProfile.Symmetric)]
    [InlineData(AeaProfile.SymmetricSigned)]
    [InlineData(AeaProfile.Signed)]
    public void Detects_every_changed_byte(AeaProfile profile)
    {
        var data = SampleData.Mixed(8, 40_000);
        var builder = new AeaBuilder(8) { Profile = profile, SegmentsPerCluster = 2 }.WithField("k", "v"u8);
        var encoded = builder.Build(data);
        var step = new ForgeRandom(1);
        for (var at = 0; at < encoded.Length; at += at < 600 ? 1 : 1 + step.Next(100))
        {
            encoded[at] ^= 0x10;
            var fault = Assert.Throws<FirmwareFormatException>(() =>
            {
                var archive = Open(encoded, builder);
                archive.ReadExactly(0, new byte[data.Length]);
            });
            Assert.NotEmpty(fault.Reason);
            encoded[at] ^= 0x10;
        }
    }

    [Fact]
    public void A_damaged_segment_spoils_no_other()
    {
        var builder = new AeaBuilder(9) { Compression = AeaCompression.None };
        var encoded = builder.Build(Data);
        encoded[^1] ^= 1;
        var archive = Open(encoded, builder);
        var output = new byte[Length];
        archive.ReadExactly(0, output.AsSpan(0, Length - 1234));
        Assert.True(Data.AsSpan(0, Length - 1234).SequenceEqual(output.AsSpan(0, Length - 1234)));
        var fault = Assert.Throws<FirmwareFormatException>(() => archive.ReadExactly(Length - 1, output.AsSpan(0, 1)));
        Assert.Contains("HMAC", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_archives_that_are_cut_short()
    {
        var builder = new AeaBuilder(10).WithField("k", "v"u8);
        var encoded = builder.Build(Data);
        for (var length = 0; length < encoded.Length; length += length < 400 ? 1 : 9973)
        {
            Assert.Throws<FirmwareFormatException>(() => Open(encoded[..length], builder));
        }
    }

    [Fact]
    public void Survives_damage_anywhere()
    {
        var builder = new AeaBuilder(11) { SegmentsPerCluster = 1, Compression = AeaCompression.Lzbitmap }.WithField("k", "v"u8);
        var data = SampleData.Mixed(11, 60_000);
        var encoded = builder.Build(data);
        var random = new ForgeRandom(11);
        for (var round = 0; round < 500; round++)
        {
            var damaged = encoded.ToArray();
            for (var flips = 1 + random.Next(3); flips > 0; flips--)
            {
                damaged[random.Next(random.Next(2) == 0 ? 400 : damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            Assert.Throws<FirmwareFormatException>(() => Open(damaged, builder).ReadExactly(0, new byte[data.Length]));
        }
    }

    [Fact]
    public void Refuses_profiles_that_need_other_keys_by_name()
    {
        var encoded = new AeaBuilder(12).Build(Data);
        encoded[4] = 3;
        var fault = Assert.Throws<FirmwareFormatException>(() => AeaArchive.Open(new MemoryByteSource(encoded)));
        Assert.Contains("Asymmetric", fault.Reason, StringComparison.Ordinal);
        encoded[4] = 9;
        Assert.Throws<FirmwareFormatException>(() => AeaArchive.Open(new MemoryByteSource(encoded)));
    }

    [Fact]
    public void Refuses_what_is_no_archive()
    {
        Assert.False(AeaArchive.Matches(new MemoryByteSource("AEA"u8.ToArray())));
        Assert.Throws<FirmwareFormatException>(() => AeaArchive.Open(new MemoryByteSource(new byte[500])));
    }

    private static AeaArchive Open(byte[] encoded, AeaBuilder builder) => AeaArchive.Open(
        new MemoryByteSource(encoded),
        new AeaKeyOptions { Given = [builder.Key], SigningPublicKey = builder.SigningPublicKey },
        new BlockCache(1 << 20));

    private sealed class ArchiveCheck(AeaBuilder builder, byte[] data) : IDisposable
    {
        internal AeaArchive Archive { get; } = Open(builder.Build(data), builder);

        internal void Reads(int offset, int count)
        {
            var output = new byte[count];
            Archive.ReadExactly(offset, output);
            Assert.True(data.AsSpan(offset, count).SequenceEqual(output), $"{count} bytes at {offset}");
        }

        public void Dispose() => Assert.Equal(data.Length, Archive.Length);
    }
}
