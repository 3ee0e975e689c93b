using IpswDiff.Cli.Output;

namespace IpswDiff.EndToEnd.Output;

/// <summary>The program killed with SIGKILL while it writes a report over another one.</summary>
public sealed class KilledOutputTests
{
    private const int Kills = 12;

    // About as many as a report of the samples has.
    private const int MostFiles = 60;

    [Fact]
    public void A_kill_at_any_moment_leaves_one_report_whole_and_what_is_not_ours()
    {
        using var scratch = Cli.Scratch();
        Cli.Run("diff", Samples.Old, Samples.New, "-o", scratch["one"], "-q").Expect(0);
        Cli.Run("diff", Samples.New, Samples.Old, "-o", scratch["two"], "-q").Expect(0);
        var output = scratch["output"];
        Cli.Run("render", scratch["one"], "-o", output, "--format", "markdown,html,json").Expect(0);
        Cli.Run("render", scratch["two"], "-o", scratch["wanted"], "--format", "markdown,json").Expect(0);
        string[][] reports = [RenderTests.FilesOf(output), RenderTests.FilesOf(scratch["wanted"])];
        File.WriteAllText(Path.Combine(output, "notes.txt"), "mine");
        Directory.CreateDirectory(scratch["elsewhere"]);
        Directory.CreateSymbolicLink(Path.Combine(output, "MACHOS", "link"), scratch["elsewhere"]);

        var random = new Random(16);
        var kills = 0;
        for (var moment = 0; moment < Kills; moment++)
        {
            string[] command = moment % 2 == 0
                ? ["render", scratch["two"], "-o", output, "--format", "markdown,json"]
                : ["render", scratch["one"], "-o", output, "--format", "markdown,html,json"];
            kills += Cli.RunAndKill(scratch.Root, random.Next(1, MostFiles), command) ? 1 : 0;

            // What the next run does first.
            OutputFolder.Recover(output);
            Assert.Equal("mine", File.ReadAllText(Path.Combine(output, "notes.txt")));
            Assert.NotNull(new DirectoryInfo(Path.Combine(output, "MACHOS", "link")).LinkTarget);
            File.Delete(Path.Combine(output, "notes.txt"));
            Assert.Contains(RenderTests.FilesOf(output), reports);
            File.WriteAllText(Path.Combine(output, "notes.txt"), "mine");
        }

        Assert.True(kills > 0, $"none of {Kills} runs was still going when it was to be killed");
        Assert.Empty(Directory.GetFileSystemEntries(scratch["elsewhere"]));
    }
}
