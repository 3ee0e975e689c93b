using IpswDiff.Forge.Aea;

namespace IpswDiff.Forge.Tests.Aea;

public sealed class AeaBuilderTests
{
    [Fact]
    public void The_same_seed_gives_the_same_archive()
    {
        static byte[] Build() => new AeaBuilder(5) { Padding = 10 }.WithKeyService("https://example.apple.com/a.pem").Build(new byte[100_000]);
        Assert.Equal(Build(), Build());
    }

    [Fact]
    public void Other_seeds_give_other_keys() => Assert.NotEqual(new AeaBuilder(1).Key.ToArray(), new AeaBuilder(2).Key.ToArray());
}
