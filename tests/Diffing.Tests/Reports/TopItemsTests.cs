using System.Runtime.CompilerServices;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Tests.Reports;

public class TopItemsTests
{
    [Fact]
    public async Task The_best_come_first_and_of_equals_those_that_stand_first()
    {
        var items = Enumerable.Range(0, 5000).Select(i => new ReportItem { Path = $"/{i:0000}", Class = ChangeClass.Code, Score = 40 + (i * 7 % 25) }).ToArray();
        var top = await Contents(items).TopAsync(20, TestContext.Current.CancellationToken);
        var expected = items.OrderByDescending(item => item.Score).Take(20).Select(item => item.Path);
        Assert.Equal(expected, top.Select(found => found.Item.Path));
    }

    [Fact]
    public async Task Noise_and_what_could_not_be_read_are_no_top_changes()
    {
        ReportItem[] items =
        [
            new() { Path = "/residue", Class = ChangeClass.Residue, Score = 0 },
            new() { Path = "/rebuilt", Class = ChangeClass.Rebuilt, Score = 5 },
            new() { Path = "/unreadable" },
            new() { Path = "/data", Class = ChangeClass.Data, Score = 15 },
        ];
        var top = await Contents(items).TopAsync(20, TestContext.Current.CancellationToken);
        Assert.Equal("/data", Assert.Single(top).Item.Path);
    }

    private static ReportContents Contents(ReportItem[] items)
    {
        var side = new FirmwareInfo("x", "folder", null, null, []);
        var head = new Report
        {
            Tool = new ToolInfo("ipswdiff", "1"),
            Title = "x",
            Old = side,
            New = side,
            Options = new OptionsInfo { Handlers = ["MachO"] },
            Run = new RunInfo(),
            Sections = [new Section { Handler = "MachO", State = SectionState.Complete, Counts = new Dictionary<ItemGroup, long>() }],
        };
        return new ReportContents(head, new Listed(items), new FolderArtifactStore(Path.Combine(Path.GetTempPath(), "ipswdiff-top-items")));
    }

    private sealed class Listed(ReportItem[] items) : IReportItems
    {
        public async IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var item in group == ItemGroup.Changed ? items : [])
            {
                await Task.CompletedTask;
                yield return item;
            }
        }

        public IReadOnlyDictionary<ItemGroup, long> Count(string handler) => new Dictionary<ItemGroup, long> { [ItemGroup.Changed] = items.Length };
    }
}
