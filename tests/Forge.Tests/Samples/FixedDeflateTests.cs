using System.IO.Compression;
using CsCheck;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.Tests.Samples;

public sealed class FixedDeflateTests
{
    [Fact]
    public void The_runtime_inflates_what_it_wrote()
    {
        var runs = Gen.Select(Gen.Byte, Gen.Int[1, 700], (value, count) => Enumerable.Repeat(value, count)).Array[0, 20].Select(parts => parts.SelectMany(part => part).ToArray());
        Gen.OneOf(runs, Gen.Byte.Array[0, 5000], Gen.Byte[0, 3].Array[0, 5000]).Sample(bytes => Assert.Equal(bytes, Inflate(FixedDeflate.CompressZlib(bytes))), iter: 300);
    }

    [Fact]
    public void Matches_reach_back_over_the_whole_window()
    {
        var bytes = new byte[80_000];
        new ForgeRandom(5).Fill(bytes.AsSpan(0, 32_768));
        bytes.AsSpan(0, 40_000).CopyTo(bytes.AsSpan(32_768));
        var compressed = FixedDeflate.CompressZlib(bytes);
        Assert.True(compressed.Length < 40_000, $"{compressed.Length} bytes");
        Assert.Equal(bytes, Inflate(compressed));
    }

    private static byte[] Inflate(byte[] compressed)
    {
        using var zlib = new ZLibStream(new MemoryStream(compressed), CompressionMode.Decompress);
        var output = new MemoryStream();
        zlib.CopyTo(output);
        return output.ToArray();
    }
}
