using System.Buffers.Binary;
using CsCheck;
using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Tests.Compression;

public sealed class LzfseTests
{
    private static readonly LzfseBlockKind[][] Mixtures =
    [
        [LzfseBlockKind.V2],
        [LzfseBlockKind.V1],
        [LzfseBlockKind.Lzvn],
        [LzfseBlockKind.Raw],
        [LzfseBlockKind.V2, LzfseBlockKind.Lzvn, LzfseBlockKind.Raw, LzfseBlockKind.V1],
    ];

    [Fact]
    public void Decodes_every_mixture_of_blocks() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 200_000], Gen.Int[1, 80_000], Gen.Int[0, Mixtures.Length - 1]).Sample(
            (seed, length, blockSize, mixture) =>
            {
                var data = SampleData.Mixed(seed, length);
                var encoded = LzfseEncoder.Encode(data, blockSize, Mixtures[mixture]);
                var output = new byte[length];
                Assert.Equal(length, Lzfse.Decode(encoded, output, out var consumed));
                Assert.Equal(encoded.Length, consumed);
                Assert.True(data.AsSpan().SequenceEqual(output));
                Assert.Equal(length, Lzfse.MeasureDecodedLength(encoded));
            },
            iter: 150,
            threads: 1);

    [Fact]
    public void Decodes_an_empty_stream()
    {
        Assert.Equal(0, Lzfse.Decode("bvx$"u8, [], out var consumed));
        Assert.Equal(4, consumed);
    }

    [Fact]
    public void Ignores_what_follows_the_end_mark_and_says_where_it_lies()
    {
        var data = SampleData.Mixed(7, 50_000);
        var encoded = LzfseEncoder.Encode(data);
        var output = new byte[data.Length + 100];
        Assert.Equal(data.Length, Lzfse.Decode([.. encoded, 1, 2, 3], output, out var consumed));
        Assert.Equal(encoded.Length, consumed);
        Assert.Equal(data, output[..data.Length]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Refuses_a_stream_that_is_longer_than_its_room(int mixture)
    {
        var data = SampleData.Mixed(9, 30_000);
        var encoded = LzfseEncoder.Encode(data, 8000, Mixtures[mixture]);
        Assert.Null(Hostile.Try(Lzfse.Decode, encoded, data.Length - 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Refuses_every_stream_that_is_cut_short(int mixture)
    {
        var data = SampleData.Mixed(11, 3000);
        var encoded = LzfseEncoder.Encode(data, 1000, Mixtures[mixture]);
        for (var length = 0; length < encoded.Length; length++)
        {
            Assert.Null(Hostile.Try(Lzfse.Decode, encoded.AsSpan(0, length), data.Length));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Survives_damage(int mixture)
    {
        var data = SampleData.Mixed(13, 20_000);
        Hostile.Survives(Lzfse.Decode, LzfseEncoder.Encode(data, 7000, Mixtures[mixture]), data.Length, (ulong)mixture, 3000);
    }

    [Fact]
    public void Refuses_a_block_whose_declared_size_is_not_what_it_decodes_to()
    {
        var data = SampleData.Mixed(15, 5000);
        var encoded = LzfseEncoder.Encode(data);
        BinaryPrimitives.WriteInt32LittleEndian(encoded.AsSpan(4), data.Length - 1);
        var fault = Assert.Throws<FirmwareFormatException>(() => Lzfse.Decode(encoded, new byte[data.Length]));
        Assert.Contains("declares 4999", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_an_unknown_block()
    {
        var fault = Assert.Throws<FirmwareFormatException>(() => Lzfse.Decode("bvx9...."u8, new byte[8]));
        Assert.Equal("LZFSE", fault.Format);
        Assert.Equal(0, fault.Offset);
    }

    [Fact]
    public void Agrees_with_the_reference_tool_both_ways()
    {
        var tool = Witnesses.Lzfse.Required();
        var folder = Directory.CreateTempSubdirectory("lzfse");
        try
        {
            var plain = Path.Combine(folder.FullName, "plain");
            var packed = Path.Combine(folder.FullName, "packed");
            foreach (var length in (int[])[5, 300, 4095, 60_000, 1_000_000])
            {
                var data = SampleData.Mixed((ulong)length, length);
                File.WriteAllBytes(plain, data);
                Assert.Equal(0, Witness.Run(tool, "-encode", "-i", plain, "-o", packed).ExitCode);
                var output = new byte[length];
                Assert.Equal(length, Lzfse.Decode(File.ReadAllBytes(packed), output));
                Assert.Equal(data, output);

                foreach (var mixture in Mixtures)
                {
                    File.WriteAllBytes(packed, LzfseEncoder.Encode(data, 20_000, mixture));
                    Assert.Equal(0, Witness.Run(tool, "-decode", "-i", packed, "-o", plain).ExitCode);
                    Assert.True(data.AsSpan().SequenceEqual(File.ReadAllBytes(plain)), $"{length} bytes, {string.Join(' ', mixture)}");
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
