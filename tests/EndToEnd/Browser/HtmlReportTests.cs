using System.Text.Json;
using Microsoft.Playwright;

namespace IpswDiff.EndToEnd.Browser;

/// <summary>The HTML report of the sample pair in a real browser.</summary>
public sealed class HtmlReportTests : IClassFixture<Chromium>, IClassFixture<HtmlReportTests.SampleReport>
{
    private const string Framework = "/System/Library/Frameworks/SampleKit.framework/SampleKit";

    private readonly Chromium _chromium;
    private readonly SampleReport _sample;

    public HtmlReportTests(Chromium chromium, SampleReport sample) => (_chromium, _sample) = (chromium, sample);

    [Fact]
    public async Task Lists_every_item_of_the_index()
    {
        await using var report = await _chromium.OpenAsync(_sample.Html);
        var items = _sample.Items();
        Assert.Equal($"{items.Count} of {items.Count}", await report.Page.Locator("#shown").TextContentAsync());
        var paths = await SeeAllAsync(report);
        Assert.All(items, item => Assert.Contains(paths, path => path.Contains(item, StringComparison.Ordinal)));
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task Searches_and_filters()
    {
        await using var report = await _chromium.OpenAsync(_sample.Html);
        await report.Page.FillAsync("#search", "samplekit frameworks");
        Assert.NotEmpty(await report.PathsAsync());
        Assert.All(await report.PathsAsync(), path => Assert.Contains("SampleKit", path, StringComparison.Ordinal));
        await report.Page.SelectOptionAsync("#by-section", "MachO");
        await report.Page.SelectOptionAsync("#by-group", "changed");
        Assert.Equal($"SystemOS: {Framework}", Assert.Single(await report.PathsAsync()));
        await report.Page.FillAsync("#search", string.Empty);
        await report.Page.FillAsync("#by-score", "50");
        Assert.Equal(_sample.Count("MachO", "changed", 50), (await report.PathsAsync()).Count);
        await report.Page.FillAsync("#search", "there is no such path");
        Assert.Empty(await report.PathsAsync());
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task Sorts_by_any_column()
    {
        await using var report = await _chromium.OpenAsync(_sample.Html);
        await report.Page.SelectOptionAsync("#by-section", "MachO");
        await report.Page.ClickAsync("#sort-path");
        var up = await report.PathsAsync();
        await report.Page.ClickAsync("#sort-path");
        Assert.Equal(up, (await report.PathsAsync()).Reverse());
        Assert.Equal("descending", await report.Page.Locator("#columns > :nth-child(5)").GetAttributeAsync("aria-sort"));
    }

    [Fact]
    public async Task Opens_an_item_by_keyboard_and_goes_back()
    {
        await using var report = await _chromium.OpenAsync(_sample.Html);
        await report.Page.Keyboard.PressAsync("/");
        await report.Page.Keyboard.TypeAsync("SampleKit.framework/SampleKit");
        await report.Page.Keyboard.PressAsync("Enter");
        await report.Page.Keyboard.PressAsync("Enter");
        var text = await report.ItemAsync();
        Assert.Contains(Framework, text, StringComparison.Ordinal);
        Assert.Contains("symbols", text, StringComparison.Ordinal);
        Assert.Contains("__TEXT.__text", text, StringComparison.Ordinal);
        await report.Page.Keyboard.PressAsync("Escape");
        await report.Page.Locator("#overview").WaitForAsync();
        Assert.Equal("SampleKit.framework/SampleKit", await report.Page.InputValueAsync("#search"));
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task A_permalink_opens_its_item()
    {
        await using var report = await _chromium.OpenAsync(_sample.Html, $"#/MachO/SystemOS/{Framework}");
        Assert.Contains(Framework, await report.ItemAsync(), StringComparison.Ordinal);
        Assert.False(await report.Page.Locator("#overview").IsVisibleAsync());
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task Looks_as_the_pictures_in_the_documents_show()
    {
        // Pictures are kept where IPSWDIFF_PICTURES names a folder; the pages are gone through either way.
        var folder = Environment.GetEnvironmentVariable("IPSWDIFF_PICTURES");
        await using (var light = await _chromium.OpenAsync(_sample.Html))
        {
            await PictureAsync(light, folder, "report-overview.png");
            await light.Page.FillAsync("#search", "sample");
            await light.Page.Locator("#list").ScrollIntoViewIfNeededAsync();
            await light.Page.EvaluateAsync("document.getElementById('list').scrollIntoView()");
            await PictureAsync(light, folder, "report-search.png");
            await light.Page.Locator("#rows .row a").First.ClickAsync();
            await light.ItemAsync();
            await PictureAsync(light, folder, "report-item.png");
        }

        await using var dark = await _chromium.OpenAsync(_sample.Html, colors: ColorScheme.Dark);
        await PictureAsync(dark, folder, "report-dark.png");
        Assert.Equal("rgb(20, 23, 26)", await dark.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    private static async Task PictureAsync(OpenReport report, string? folder, string name)
    {
        var picture = await report.Page.ScreenshotAsync();
        Assert.True(picture.Length > 1000);
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Combine(folder, name), picture, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<HashSet<string>> SeeAllAsync(OpenReport report)
    {
        HashSet<string> seen = [];
        for (var end = false; !end;)
        {
            seen.UnionWith(await report.PathsAsync());
            end = await report.Page.EvaluateAsync<bool>(
                "async () => { const view = document.getElementById('viewport'); const before = view.scrollTop; view.scrollTop += view.clientHeight; await new Promise(done => setTimeout(done, 60)); return view.scrollTop === before; }");
        }

        return seen;
    }

    /// <summary>One run of the program for all tests of the class.</summary>
    public sealed class SampleReport : IDisposable
    {
        private readonly ScratchFolder _scratch = Cli.Scratch();
        private readonly JsonDocument _json;

        public SampleReport()
        {
            Cli.Run("diff", Samples.Old, Samples.New, "--strings", "--functions", "--format", "html,json", "-o", _scratch["report"]).Expect(0);
            _json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_scratch["report"], "report.json")));
        }

        public string Html => Path.Combine(_scratch["report"], "report.html");

        public IReadOnlyList<string> Items() =>
            [.. Sections().SelectMany(section => section.EnumerateObject().Where(IsGroup).SelectMany(group => group.Value.EnumerateArray()).Select(item => item.GetProperty("path").GetString()!))];

        public int Count(string handler, string group, int score) => Sections().Single(section => section.GetProperty("handler").GetString() == handler)
            .GetProperty(group).EnumerateArray().Count(item => item.TryGetProperty("score", out var value) && value.GetInt32() >= score);

        public void Dispose()
        {
            _json.Dispose();
            _scratch.Dispose();
        }

        private static bool IsGroup(JsonProperty property) => property.Name is "added" or "removed" or "changed" or "moved" or "rebuilt" or "unreadable";

        private JsonElement.ArrayEnumerator Sections() => _json.RootElement.GetProperty("sections").EnumerateArray();
    }
}
