using IpswDiff.Diffing.Storage;
using IpswDiff.Service.Hosting;

namespace IpswDiff.Service.Tests;

public sealed class ServiceStorageTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"ipswdiff-place-{Guid.NewGuid():N}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task What_a_writer_left_that_died_is_removed_and_nothing_else()
    {
        var folder = Path.Combine(_root, "firmwares");
        var part = $"a.ipsw.{Guid.NewGuid():N}.partial";
        Directory.CreateDirectory(Path.Combine(folder, "fetched"));
        foreach (var name in (string[])[part, "download.ipsw.partial", "whole.ipsw", $"fetched/b.ipsw.{Guid.NewGuid():N}.fetch.partial"])
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), "x", Token);
        }

        var living = new FolderArtifactStore(folder);
        using var written = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        var writing = living.TryCreateAsync(
            "living.ipsw",
            async (stream, token) =>
            {
                await stream.WriteAsync(new byte[] { 1 }, token);
                written.Release();
                await go.WaitAsync(token);
            },
            Token);
        await written.WaitAsync(Token);
        await ServiceStorage.InFoldersAsync(_root, null, Token);
        go.Release();
        Assert.True(await writing);
        Assert.False(File.Exists(Path.Combine(folder, part)));
        Assert.Equal(["download.ipsw.partial", "living.ipsw", "whole.ipsw"], Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Single(Directory.EnumerateFiles(Path.Combine(folder, "fetched")));
    }

    [Fact]
    public async Task Records_that_a_writer_left_half_written_are_removed_and_whole_ones_stay()
    {
        var run = new RunRecord { Id = RunRecord.NewId(DateTimeOffset.UtcNow), Old = "a", New = "b" };
        var activity = new ActivityRecord { RunId = run.Id, Name = "compare/0", Result = "{}" };
        var before = await ServiceStorage.InFoldersAsync(_root, null, Token);
        Assert.True(await before.Catalog.TryAddRunAsync(run, Token));
        Assert.True(await before.Catalog.TryAddActivityAsync(activity, Token));
        var whole = Records();
        Assert.Equal(2, whole.Count);
        foreach (var record in whole)
        {
            await File.WriteAllTextAsync($"{record}.{Guid.NewGuid():N}.partial", "half", Token);
        }

        var after = await ServiceStorage.InFoldersAsync(_root, null, Token);
        Assert.Equal(whole, Records());
        Assert.NotNull(await after.Catalog.FindRunAsync(run.Id, Token));

        List<string> Records() =>
            [.. Directory.EnumerateFiles(Path.Combine(_root, "catalog"), "*.*", SearchOption.AllDirectories).Where(static path => Path.GetFileName(path) != ".lock").Order(StringComparer.Ordinal)];
    }
}
