using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Signal;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.EndToEnd.Browser;

/// <summary>The HTML report of 4,000 changed binaries: everything is there, residue folds, names can be read, sizes are told.</summary>
public sealed class BinaryReportTests : IClassFixture<Chromium>, IClassFixture<BinaryReportTests.WrittenOnce>
{
    private readonly Chromium _chromium;
    private readonly WrittenOnce _written;

    public BinaryReportTests(Chromium chromium, WrittenOnce written) => (_chromium, _written) = (chromium, written);

    [Fact]
    public async Task Four_thousand_binaries_are_listed_searched_and_opened()
    {
        await using var report = await _chromium.OpenAsync(_written.Html);
        Assert.Equal("4,000 of 4,000", await report.Page.Locator("#shown").TextContentAsync());
        Assert.InRange((await report.PathsAsync()).Count, 10, 100);
        await report.Page.SelectOptionAsync("#by-class", "code");
        Assert.Equal("1,000 of 4,000", await report.Page.Locator("#shown").TextContentAsync());
        await report.Page.SelectOptionAsync("#by-class", string.Empty);
        await report.Page.FillAsync("#search", "kit39");
        Assert.Equal("100 of 4,000", await report.Page.Locator("#shown").TextContentAsync());
        await report.Page.FillAsync("#search", "kit3999");
        Assert.Equal(BinaryReport.PathOf(3999), Assert.Single(await report.PathsAsync()));
        await report.Page.Locator("#rows .row a").First.ClickAsync();
        Assert.Contains("_new", await report.ItemAsync(), StringComparison.Ordinal);
        await report.Page.Keyboard.PressAsync("Escape");
        await report.Page.FillAsync("#search", string.Empty);
        await report.Page.ClickAsync("#sort-path");
        await report.Page.FocusAsync("#viewport");
        await report.Page.Keyboard.PressAsync("End");
        Assert.Contains(BinaryReport.PathOf(3999), await report.PathsAsync());
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task Residue_folds_under_the_count_that_the_library_gives()
    {
        var fold = ResidueFold.Of(BinaryReport.First);
        Assert.Equal(ResidueRules.All.Select(rule => rule.What).Order(StringComparer.Ordinal), fold.Counts.Keys);
        await using var report = await _chromium.OpenAsync(_written.Html, Fragment(0));
        var text = await report.ItemAsync();
        Assert.Contains("Compiler residue: " + string.Join(", ", fold.Counts.Select(count => $"{count.Value} {count.Key}")), text, StringComparison.Ordinal);
        Assert.All(fold.Signal.CStrings!.Added, signal => Assert.Contains(signal, text, StringComparison.Ordinal));
        Assert.DoesNotContain("GCC_except_table7", text, StringComparison.Ordinal);
        await report.Page.ClickAsync("details.residue summary");
        await report.Page.Locator("details.residue .lines").First.WaitForAsync();
        var opened = await report.Page.Locator("details.residue").InnerTextAsync();
        Assert.All(fold.Residue.Symbols.Added.Concat(fold.Residue.Symbols.Removed), symbol => Assert.Contains(symbol.Name, opened, StringComparison.Ordinal));
        Assert.All(fold.Residue.CStrings!.Added, residue => Assert.Contains(residue, opened, StringComparison.Ordinal));
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task Names_are_readable_and_the_raw_ones_are_at_hand()
    {
        await using var report = await _chromium.OpenAsync(_written.Html, Fragment(0));
        var text = await report.ItemAsync();
        Assert.Contains(BinaryReport.Readable, text, StringComparison.Ordinal);
        Assert.DoesNotContain(BinaryReport.Mangled, text, StringComparison.Ordinal);
        Assert.Equal(1, await report.Page.Locator($".lines [title='{BinaryReport.Mangled}']").CountAsync());
        await report.Page.UncheckAsync("#readable");
        text = await report.ItemAsync();
        Assert.Contains(BinaryReport.Mangled, text, StringComparison.Ordinal);
        Assert.DoesNotContain(BinaryReport.Readable, text, StringComparison.Ordinal);
        Assert.Contains("_plain", text, StringComparison.Ordinal);
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task Tells_what_grew_and_what_shrank_most()
    {
        await using var report = await _chromium.OpenAsync(_written.Html);
        var bars = await report.Page.Locator("#growth a title").AllTextContentsAsync();
        var expected = Enumerable.Range(0, 8).Select(i => BinaryReport.Count - 1 - i).Concat(Enumerable.Range(0, 8).Select(i => 7 - i)).Select(BinaryReport.PathOf);
        Assert.Equal(expected, bars);
        Assert.Equal((8, 8), (await report.Page.Locator("#growth .grown").CountAsync(), await report.Page.Locator("#growth .shrunk").CountAsync()));
        Assert.Contains("+1.9 MiB", await report.Page.Locator("#growth svg").TextContentAsync(), StringComparison.Ordinal);
        await report.Page.Locator("#growth a").First.ClickAsync();
        Assert.Contains("+1.9 MiB in all sections", await report.ItemAsync(), StringComparison.Ordinal);
        Assert.Empty(report.Faults);
    }

    private static string Fragment(int i) => "#/SharedCache//" + BinaryReport.PathOf(i);

    /// <summary>The report, written once for all tests of the class.</summary>
    public sealed class WrittenOnce : IAsyncLifetime
    {
        private readonly ScratchFolder _scratch = Cli.Scratch();

        public string Html => Path.Combine(_scratch["report"], "report.html");

        public async ValueTask InitializeAsync()
        {
            var store = new FolderArtifactStore(_scratch["report"]);
            var contents = await BinaryReport.CreateAsync(store, TestContext.Current.CancellationToken);
            await ReportFormats.WriteAsync(contents, store, ["html"], TestContext.Current.CancellationToken);
        }

        public ValueTask DisposeAsync()
        {
            _scratch.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
