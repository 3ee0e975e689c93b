using IpswDiff.Forge;
using IpswDiff.Forge.Compression;

namespace IpswDiff.Forge.Tests.Compression;

public sealed class EncoderCoverageTests
{
    [Fact]
    public void Lzvn_encoder_uses_every_class_of_opcode()
    {
        LzvnEncoder.Encode(SampleData.Mixed(1, 400_000), new ForgeRandom(1), out var uses);
        Assert.All(uses, use => Assert.True(use.Value > 0, use.Key.ToString()));
    }

    [Fact]
    public void Encoders_shrink_what_repeats()
    {
        var data = new byte[100_000];
        Assert.True(LzvnEncoder.Encode(data).Length < 1000);
        Assert.True(LzfseEncoder.Encode(data).Length < 1000);
        Assert.True(LzssEncoder.Encode(data).Length < 15_000);
    }
}
