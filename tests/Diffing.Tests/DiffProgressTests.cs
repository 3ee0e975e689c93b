using IpswDiff.Diffing.Options;

namespace IpswDiff.Diffing.Tests;

/// <summary>What is said about the time that is left.</summary>
public class DiffProgressTests
{
    private static readonly DateTimeOffset Since = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 200, null)]
    [InlineData(1, 107, null)]
    [InlineData(99, 107, null)]
    [InlineData(100, 100, 900.0)]
    [InlineData(500, 100, 100.0)]
    [InlineData(1000, 100, 0.0)]
    public void Is_held_back_until_a_tenth_is_done(long done, int seconds, double? left) =>
        Assert.Equal(left, new DiffProgress("diff", done, 1000, 1, 10, Since).SecondsLeft(Since.AddSeconds(seconds)));
}
