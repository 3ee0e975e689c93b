using IpswDiff.Forge;

namespace IpswDiff.EndToEnd;

/// <summary>Damaged and unsuitable input: one line with file, format and offset, exit status 4, and nothing left behind.</summary>
public class BadInputTests
{
    [Fact]
    public void A_truncated_archive_is_refused_in_one_line()
    {
        using var scratch = Cli.Scratch();
        var cut = scratch["cut.ipsw"];
        File.WriteAllBytes(cut, File.ReadAllBytes(Samples.New)[..100_000]);
        AssertRefused(Cli.Run("diff", Samples.Old, cut, "-o", scratch["report"]), cut);
        Assert.False(File.Exists(scratch["report/report.json"]));
    }

    [Theory]
    [InlineData("nothing.ipsw", null)]
    [InlineData("empty.dmg", "")]
    [InlineData("text.ipsw", "this is no firmware")]
    public void What_is_no_firmware_is_refused_in_one_line(string name, string? content)
    {
        using var scratch = Cli.Scratch();
        var path = scratch[name];
        if (content is not null)
        {
            File.WriteAllText(path, content);
        }

        AssertRefused(Cli.Run("diff", Samples.Old, path), path);
        AssertRefused(Cli.Run("inspect", path), path);
        AssertRefused(Cli.Run("ls", path), path);
    }

    [Fact]
    public void Two_kinds_of_input_are_refused_in_one_line()
    {
        var binary = Path.Combine(SampleFiles.RepositoryRoot, "samples", "binaries", "own", "1.0", "SampleKit");
        AssertRefused(Cli.Run("diff", Samples.Old, binary), binary);
    }

    [Fact]
    public void A_binary_cut_short_is_refused_with_format_and_offset()
    {
        using var scratch = Cli.Scratch();
        var whole = Path.Combine(SampleFiles.RepositoryRoot, "samples", "binaries", "own", "1.0", "SampleKit");
        var cut = scratch["SampleKit"];
        File.WriteAllBytes(cut, File.ReadAllBytes(whole)[..200]);
        var result = Cli.Run("inspect", cut);
        AssertRefused(result, cut);
        Assert.Matches("Mach-O at 0x[0-9a-f]+:", result.Error);
    }

    [Theory]
    [InlineData("diff")]
    [InlineData("diff", "a", "b", "--no-such-option")]
    [InlineData("diff", "a", "b", "--handlers", "Nonsense")]
    [InlineData("diff", "a", "b", "--memory-limit", "lots")]
    [InlineData("diff", "a", "b", "--format", "pdf")]
    [InlineData("nonsense")]
    public void Wrong_usage_has_a_status_of_its_own(params string[] arguments)
    {
        var result = Cli.Run(arguments).Expect(2);
        Assert.StartsWith("ipswdiff: ", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void An_image_flipped_anywhere_never_crashes_or_hangs()
    {
        // The whole stack under seeded damage: whatever is hit, the answer is a report or one line.
        using var scratch = Cli.Scratch();
        var bytes = File.ReadAllBytes(Samples.New);
        var random = new ForgeRandom(42);
        for (var round = 0; round < 12; round++)
        {
            var damaged = bytes.ToArray();
            for (var flip = 0; flip < 20; flip++)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            var path = scratch[$"damaged-{round}.ipsw"];
            File.WriteAllBytes(path, damaged);
            var result = Cli.Run("diff", Samples.Old, path, "--exhaustive", "--strings", "--functions");
            Assert.True(result.ExitCode is 0 or 3 or 4, $"round {round}: exit status {result.ExitCode}: {result.Error}");
            Assert.True(result.Error.Count(c => c == '\n') <= 1, $"round {round}: {result.Error}");
        }
    }

    private static void AssertRefused(CliResult result, string file)
    {
        result.Expect(4);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
        Assert.Contains(file, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }
}
