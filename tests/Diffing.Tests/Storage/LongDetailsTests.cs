using IpswDiff.Diffing.Handlers.Files;
using IpswDiff.Diffing.Passes;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Tests.Storage;

/// <summary>More found about one item than a report may hold of one.</summary>
public sealed class LongDetailsTests
{
    [Fact]
    public async Task An_item_with_more_details_than_a_report_reads_back_is_refused_by_name()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"ipswdiff-long-{Guid.NewGuid():N}");
        try
        {
            var store = new FolderArtifactStore(folder);
            var text = new string('a', 1 << 20);
            var run = new ShardRun(store, store, isSplit: false);
            await run.CompareAsync(0, new FilesHandler(), "SystemOS", "/long", sink => sink.Add(
                ItemGroup.Changed,
                new ReportItem { Volume = "SystemOS", Path = "/long" },
                new ItemDetails
                {
                    Path = "/long",
                    Slices = [new SliceChange { Arch = "arm64", CStrings =
                    new TextChanges([.. Enumerable.Repeat(text, 64)], []) }]
                }), TestContext.Current.CancellationToken);
            var line = Assert.Single(run.InOrder());
            Assert.Equal(ItemGroup.Unreadable, line.Group);
            Assert.Equal("/long", line.Item.Path);
            Assert.Contains("64 MiB", line.Item.Reason, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
