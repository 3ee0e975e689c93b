using CsCheck;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Bytes;
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

    [Theory]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(400_000)]
    public void A_stream_decoded_in_pieces_is_the_stream_decoded_at_once(int length)
    {
        var data = SampleData.Mixed((ulong)length, length);
        Assert.Equal(data, InPieces(LzssEncoder.EncodeWithHeader(data), sink => source => LzssStream.DecodeWithHeader(source, sink)));
        Assert.Equal(data, InPieces(LzssEncoder.Encode(data), sink => source => LzssStream.Decode(source, length, sink)));
    }

    [Fact]
    public void Damage_says_the_same_in_pieces_as_at_once()
    {
        var data = SampleData.Mixed(23, 90_000);
        var encoded = LzssEncoder.Encode(data);
        for (var i = 0; i < 400; i++)
        {
            var damaged = encoded.ToArray();
            var random = new Random(i);
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            damaged = damaged[..(i % 3 == 0 ? random.Next(damaged.Length) : damaged.Length)];
            var whole = new byte[data.Length];
            var (expected, reason) = (-1, string.Empty);
            try
            {
                expected = Lzss.Decode(damaged, whole);
            }
            catch (FirmwareFormatException fault)
            {
                reason = fault.Message;
            }

            if (expected < 0)
            {
                Assert.Equal(reason, Assert.Throws<FirmwareFormatException>(() => InPieces(damaged, sink => source => LzssStream.Decode(source, data.Length, sink))).Message);
            }
            else
            {
                Assert.Equal(whole[..expected], InPieces(damaged, sink => source => LzssStream.Decode(source, data.Length, sink)));
            }
        }
    }

    private static byte[] InPieces(byte[] encoded, Func<ByteSink, Func<ByteSource, long>> decoder)
    {
        using var output = new MemoryStream();
        Assert.Equal(decoder(piece => output.Write(piece))(new MemoryByteSource(encoded)), output.Length);
        return output.ToArray();
    }
}
