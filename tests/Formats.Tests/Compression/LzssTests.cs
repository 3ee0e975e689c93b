using CsCheck;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Tests.Compression;

public sealed class LzssTests
{
    [Fact]
    public void Decodes_what_the_encoder_wrote() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 60_000]).Sample(
            (seed, length) =>
            {
                var data = SampleData.Mixed(seed, length);
                var output = new byte[length];
                Assert.Equal(length, Lzss.Decode(LzssEncoder.Encode(data), output));
                Assert.True(data.AsSpan().SequenceEqual(output));
                output.AsSpan().Clear();
                Assert.Equal(length, Lzss.DecodeWithHeader(LzssEncoder.EncodeWithHeader(data), output));
                Assert.True(data.AsSpan().SequenceEqual(output));
            },
            iter: 100,
            threads: 1);

    [Fact]
    public void Finds_spaces_before_the_first_byte()
    {
        var data = "                                     spaces first"u8.ToArray();
        var encoded = LzssEncoder.Encode(data);
        Assert.True(encoded.Length < data.Length - 20);
        Assert.Equal(data, Hostile.Try(Lzss.Decode, encoded, data.Length));
    }

    [Fact]
    public void Reads_the_header()
    {
        var encoded = LzssEncoder.EncodeWithHeader("Wikipedia"u8);
        Assert.True(Lzss.TryReadHeader(encoded, out var header));
        Assert.Equal(new LzssHeader(0x11e60398, 9, (uint)(encoded.Length - Lzss.HeaderSize)), header);
        Assert.False(Lzss.TryReadHeader(encoded.AsSpan(1), out _));
    }

    [Fact]
    public void Detects_every_damaged_byte_of_the_payload_or_decodes_the_same()
    {
        var data = SampleData.Mixed(5, 4000);
        var encoded = LzssEncoder.EncodeWithHeader(data);
        for (var i = Lzss.HeaderSize; i < encoded.Length; i++)
        {
            encoded[i] ^= 0x40;
            var output = Hostile.Try(Lzss.DecodeWithHeader, encoded, data.Length);
            encoded[i] ^= 0x40;
            Assert.True(output is null || output.AsSpan().SequenceEqual(data), $"byte {i}");
        }
    }

    [Fact]
    public void Survives_damage()
    {
        var data = SampleData.Mixed(19, 10_000);
        Hostile.Survives(Lzss.Decode, LzssEncoder.Encode(data), data.Length, 1, 3000);
        Hostile.Survives(Lzss.DecodeWithHeader, LzssEncoder.EncodeWithHeader(data), data.Length, 2, 3000);
    }
}
