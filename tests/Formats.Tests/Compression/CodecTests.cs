using CsCheck;
using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Tests.Compression;

/// <summary>What every codec promises, checked for those whose face is one function.</summary>
public sealed class CodecTests
{
    private delegate byte[] Encoder(ReadOnlySpan<byte> data);

    private static readonly Dictionary<string, (Encoder Encode, Hostile.Decoder Decode, int Rounds)> Codecs = new()
    {
        ["lz4 frames"] = (data => Lz4Encoder.Encode(data), Lz4.Decode, 6000),
        ["lz4 small frames"] = (data => Lz4Encoder.Encode(data, 700), Lz4.Decode, 6000),
        ["lz4 block"] = (Lz4Encoder.EncodeBlock, Lz4.DecodeBlock, 6000),
        ["adc"] = (AdcEncoder.Encode, Adc.Decode, 6000),
        ["lzbitmap"] = (LzbitmapEncoder.Encode, Lzbitmap.Decode, 6000),
        ["lzraven"] = (LzravenEncoder.Encode, Lzraven.Decode, 6000),
        ["zlib"] = (LibraryEncoders.Zlib, Zlib.Decode, 1000),
        ["bzip2"] = (LibraryEncoders.Bzip2, Bzip2.Decode, 400),
        ["xz"] = (XzEncoder.Encode, Xz.Decode, 1000),
    };

    public static TheoryData<string> Names => [.. Codecs.Keys];

    /// <summary>ADC has no end mark: a full destination is its end.</summary>
    public static TheoryData<string> NamesWithAnEnd => [.. Codecs.Keys.Where(name => name != "adc")];

    [Theory]
    [MemberData(nameof(Names))]
    public void Decodes_what_the_encoder_wrote(string name)
    {
        var (encode, decode, rounds) = Codecs[name];
        Gen.Select(Gen.ULong, Gen.Int[1, 120_000]).Sample(
            (seed, length) =>
            {
                var data = SampleData.Mixed(seed, length);
                var output = Hostile.Try(decode, encode(data), length);
                Assert.NotNull(output);
                Assert.True(data.AsSpan().SequenceEqual(output));
            },
            iter: rounds >= 1000 ? 60 : 15,
            threads: 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Survives_damage(string name)
    {
        var (encode, decode, rounds) = Codecs[name];
        var data = SampleData.Mixed(23, 9000);
        Hostile.Survives(decode, encode(data), data.Length, 1, rounds);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Never_takes_a_stream_that_is_cut_short_for_a_whole_one(string name)
    {
        var (encode, decode, rounds) = Codecs[name];
        var data = SampleData.Mixed(29, 3000);
        var encoded = encode(data);
        for (var length = 0; length < encoded.Length; length += rounds >= 1000 ? 1 : 37)
        {
            var output = Hostile.Try(decode, encoded.AsSpan(0, length), data.Length);
            Assert.True(output is null || output.Length < data.Length || output.AsSpan().SequenceEqual(data), $"cut to {length}");
        }
    }

    [Theory]
    [MemberData(nameof(NamesWithAnEnd))]
    public void Refuses_a_stream_that_is_longer_than_its_room(string name)
    {
        var (encode, decode, _) = Codecs[name];
        var data = SampleData.Mixed(31, 5000);
        Assert.Null(Hostile.Try(decode, encode(data), data.Length - 1));
    }

    [Theory]
    [InlineData("xz", "-k")]
    [InlineData("xz", "--check=crc64")]
    [InlineData("xz", "--check=sha256")]
    [InlineData("xz", "--check=none")]
    [InlineData("xz", "--block-size=20000")]
    [InlineData("bzip2", "-k")]
    public void Decodes_what_an_independent_tool_wrote(string name, string option)
    {
        var tool = (name == "xz" ? Witnesses.Xz : Witnesses.Bzip2).Required();
        var folder = Directory.CreateTempSubdirectory("codec");
        try
        {
            var data = SampleData.Mixed(37, 100_000);
            var file = Path.Combine(folder.FullName, "data");
            File.WriteAllBytes(file, data);
            Assert.Equal(0, Witness.Run(tool, option, "-k", file).ExitCode);
            var packed = Directory.GetFiles(folder.FullName).Single(path => path != file);
            Assert.Equal(data, Hostile.Try(Codecs[name].Decode, File.ReadAllBytes(packed), data.Length));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Independent_tool_reads_the_forged_xz_stream()
    {
        var tool = Witnesses.Xz.Required();
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, XzEncoder.Encode(SampleData.Mixed(41, 100_000)));
            var result = Witness.Run(tool, "--test", "--format=xz", file);
            Assert.True(result.ExitCode == 0, result.Error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Checksums_match_their_published_check_values()
    {
        Assert.Equal(0x995dc9bbdf1939faUL, Crc64Xz.Compute("123456789"u8));
        Assert.Equal(0x11e60398u, Adler32.Compute("Wikipedia"u8));
        Assert.Equal(1u, Adler32.Compute([]));
    }
}
