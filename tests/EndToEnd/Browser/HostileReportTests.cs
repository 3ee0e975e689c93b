using System.Text;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Reports.Json;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.EndToEnd.Browser;

/// <summary>Texts that are out to break the page: none does.</summary>
public sealed class HostileReportTests : IClassFixture<Chromium>
{
    private readonly Chromium _chromium;

    public HostileReportTests(Chromium chromium) => _chromium = chromium;

    [Fact]
    public async Task Nothing_planted_runs_and_nothing_hidden_stays_hidden()
    {
        using var scratch = Cli.Scratch();
        var store = new FolderArtifactStore(scratch["report"]);
        var contents = await HostileReport.CreateAsync(store, 5000, TestContext.Current.CancellationToken);
        await ReportFormats.WriteAsync(contents, store, ["html"], TestContext.Current.CancellationToken);
        await using var report = await _chromium.OpenAsync(Path.Combine(scratch["report"], "report.html"));
        Assert.Equal("5,008 of 5,008", await report.Page.Locator("#shown").TextContentAsync());
        Assert.InRange((await report.PathsAsync()).Count, 10, 100);
        for (var i = 0; i < HostileReport.Texts.Length; i++)
        {
            await report.Page.FillAsync("#search", $"/{i}/");
            await report.Page.Locator("#rows .row a").First.ClickAsync();
            var text = await report.ItemAsync();
            Assert.Contains("symbols", text, StringComparison.Ordinal);
            Assert.DoesNotContain(text, c => (char.IsControl(c) && c is not ('\n' or '\t')) || c is '\u202e' or '\u2066' or '\u200f' or '\u061c' or '\ufeff');
            await report.Page.Keyboard.PressAsync("Escape");
        }

        Assert.Equal("undefined", await report.Page.EvaluateAsync<string>("typeof window.planted"));
        Assert.Equal(1, await report.Page.EvaluateAsync<int>("[...document.scripts].filter(script => !script.type).length"));
        Assert.Equal(0, await report.Page.Locator("img").CountAsync());
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task Reads_back_as_it_was_written()
    {
        using var scratch = Cli.Scratch();
        var store = new FolderArtifactStore(scratch["report"]);
        var contents = await HostileReport.CreateAsync(store, 100, TestContext.Current.CancellationToken);
        await ReportFormats.WriteAsync(contents, store, ["json", "markdown", "html"], TestContext.Current.CancellationToken);
        var again = new FolderArtifactStore(scratch["again"]);
        var read = await WrittenReport.OpenAsync(store, TestContext.Current.CancellationToken);
        await ReportFormats.WriteAsync(read, again, ["json", "markdown", "html"], TestContext.Current.CancellationToken);
        await WrittenReport.CopyDetailsAsync(read, again, TestContext.Current.CancellationToken);
        Assert.Equal(RenderTests.FilesOf(scratch["report"]), RenderTests.FilesOf(scratch["again"]));
        Assert.DoesNotContain(HostileReport.Script, Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path.Combine(scratch["again"], "report.html"), TestContext.Current.CancellationToken)), StringComparison.Ordinal);
    }
}
