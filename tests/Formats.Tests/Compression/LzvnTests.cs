using CsCheck;
using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Tests.Compression;

public sealed class LzvnTests
{
    [Fact]
    public void Decodes_what_the_encoder_wrote() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 150_000], Gen.Bool).Sample(
            (seed, length, varied) =>
            {
                var data = SampleData.Mixed(seed, length);
                var encoded = LzvnEncoder.Encode(data, varied ? new ForgeRandom(seed) : null);
                var output = new byte[length];
                Assert.Equal(length, Lzvn.Decode(encoded, output, out var consumed));
                Assert.Equal(encoded.Length, consumed);
                Assert.True(data.AsSpan().SequenceEqual(output));
            },
            iter: 150,
            threads: 1);

    [Theory]
    [InlineData(0x1e)]
    [InlineData(0x26)]
    [InlineData(0x2e)]
    [InlineData(0x36)]
    [InlineData(0x3e)]
    [InlineData(0x70)]
    [InlineData(0x7f)]
    [InlineData(0xd0)]
    [InlineData(0xdf)]
    public void Refuses_undefined_opcodes(int opcode)
    {
        byte[] source = [0xe4, 1, 2, 3, 4, (byte)opcode, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        var fault = Assert.Throws<FirmwareFormatException>(() => Lzvn.Decode(source, new byte[100]));
        Assert.Equal(5, fault.Offset);
    }

    [Fact]
    public void Refuses_a_match_before_the_output_began()
    {
        byte[] source = [0xe2, 1, 2, 0x00, 3, 6, 0, 0, 0, 0, 0, 0, 0];
        Assert.Null(Hostile.Try(Lzvn.Decode, source, 100));
        source[4] = 2;
        Assert.Equal([1, 2, 1, 2, 1], Hostile.Try(Lzvn.Decode, source, 100));
    }

    [Fact]
    public void Refuses_a_repeated_distance_before_there_was_one()
    {
        byte[] source = [0xe2, 1, 2, 0xf3, 6, 0, 0, 0, 0, 0, 0, 0];
        Assert.Null(Hostile.Try(Lzvn.Decode, source, 100));
    }

    [Fact]
    public void Refuses_streams_that_are_cut_short()
    {
        var data = SampleData.Mixed(3, 3000);
        var encoded = LzvnEncoder.Encode(data);
        for (var length = 0; length < encoded.Length - Lzvn.EndSize; length++)
        {
            Assert.Null(Hostile.Try(Lzvn.Decode, encoded.AsSpan(0, length), data.Length));
        }
    }

    [Fact]
    public void Takes_the_end_of_a_full_destination_for_the_end_mark()
    {
        var data = SampleData.Mixed(3, 3000);
        var encoded = LzvnEncoder.Encode(data);
        Assert.Equal(data, Hostile.Try(Lzvn.Decode, encoded.AsSpan(0, encoded.Length - Lzvn.EndSize), data.Length));
    }

    [Fact]
    public void Survives_damage()
    {
        var data = SampleData.Mixed(17, 20_000);
        Hostile.Survives(Lzvn.Decode, LzvnEncoder.Encode(data, new ForgeRandom(1)), data.Length, 1, 8000);
    }
}
