using System.Text;
using IpswDiff.Cli;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.EndToEnd;

/// <summary>Where runs lie, when several processes work at one, and when some of them are killed.</summary>
public sealed class RunPlaceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_processes_with_one_command_both_end_with_the_report()
    {
        using var scratch = EndToEnd.Cli.Scratch();
        string[] command = ["diff", Samples.Old, Samples.New, "--format", "json,markdown", "--work", scratch["work"]];
        EndToEnd.Cli.Run(["diff", Samples.Old, Samples.New, "--format", "json,markdown", "-o", scratch["alone"]])
            .Expect(0);
        var expected = ReportFolder.Facts(scratch["alone"]);
        for (var round = 0; round < 2; round++)
        {
            string[] outputs = [scratch[$"one-{round}"], scratch[$"other-{round}"]];
            var results = await Task.WhenAll(outputs.Select((output, number) => Task.Run(
                async () =>
                {
                    // The second comes when the first is somewhere within its run.
                    await Task.Delay(number * 300 * (round + 1), Token);
                    return EndToEnd.Cli.Run([.. command, "-o", output]);
                },
                Token)));
            Assert.All(results, result => result.Expect(0));
            Assert.All(outputs, output => Assert.Equal(expected, ReportFolder.Facts(output)));
            Assert.Empty(Directory.EnumerateFiles(scratch["work"], "*", SearchOption.AllDirectories));
        }
    }

    [Fact]
    public async Task Whoever_is_still_at_a_run_that_another_removed_is_told_and_a_new_one_is_not_touched()
    {
        using var scratch = EndToEnd.Cli.Scratch();
        using var first = await OpenAsync(scratch["work"]);
        using var second = await OpenAsync(scratch["work"]);
        Assert.Equal(first.RunId, second.RunId);
        Assert.False(await second.IsRemovedAsync(Token));
        await first.RemoveAsync(Token);
        Assert.True(await second.IsRemovedAsync(Token));

        using var third = await OpenAsync(scratch["work"]);
        Assert.NotEqual(first.RunId, third.RunId);
        await third.Stores.Work(third.RunId).TryCreateAsync("kept", WriteAsync, Token);
        await second.RemoveAsync(Token);
        Assert.False(await third.IsRemovedAsync(Token));
        Assert.True(await third.Stores.Work(third.RunId).ExistsAsync("kept", Token));
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_and_what_a_living_one_uses_is_not()
    {
        using var scratch = EndToEnd.Cli.Scratch();
        var (killed, making, other) =
            (Name(scratch), Name(scratch), Path.Combine(scratch.Root, "ipswdiff-notes"));
        foreach (var folder in (string[])[killed, making, other])
        {
            Directory.CreateDirectory(Path.Combine(folder, "work"));
            File.WriteAllText(Path.Combine(folder, "work", "a"), "a");
        }

        File.WriteAllText(Path.Combine(killed, ".owner"), string.Empty);
        File.WriteAllText(Path.Combine(other, ".owner"), string.Empty);
        File.WriteAllText(killed + "0.tmp", "not ours");
        var (left, used) = (Name(scratch) + ".tmp", Name(scratch) + ".tmp");
        File.WriteAllText(left, "left");
        using var open = new FileStream(used, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        using (var living = TemporaryFolder.Create())
        {
            TemporaryFolder.RemoveAbandoned(Path.GetDirectoryName(living.Path)!);
            Assert.True(Directory.Exists(living.Path));
        }

        TemporaryFolder.RemoveAbandoned(scratch.Root);
        Assert.False(Directory.Exists(killed));
        Assert.False(File.Exists(left));
        Assert.True(Directory.Exists(making)
            && Directory.Exists(other) && File.Exists(used) && File.Exists(killed + "0.tmp"));
    }

    [Fact]
    public async Task Folders_are_made_while_others_remove_what_is_abandoned()
    {
        var all = Path.GetTempPath();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var remover = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    TemporaryFolder.RemoveAbandoned(all);
                }
            },
            Token);
        for (var i = 0; i < 500; i++)
        {
            using var folder = TemporaryFolder.Create();
            Assert.True(Directory.Exists(folder.Path));
        }

        await stop.CancelAsync();
        await remover;
    }

    private static string Name(ScratchFolder scratch) => Path.Combine(scratch.Root, $"ipswdiff-{Guid.NewGuid():N}");

    private static Task WriteAsync(Stream stream, CancellationToken cancellationToken) =>
        stream.WriteAsync(Encoding.ASCII.GetBytes("kept"), cancellationToken).AsTask();

    private static Task<RunPlace> OpenAsync(string work) => RunPlace.OpenAsync(
        new DiffRequest
        {
            Options = new DiffOptions
            {
                OldPath =
            "a",
                NewPath = "b",
                Budget = MemoryBudget.Divide(256L << 20, 1)
            },
            Formats = []
        },
            null, work, null, isShared: true, Token);
}
