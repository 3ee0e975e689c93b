using IpswDiff.Forge;
using Microsoft.Playwright;

namespace IpswDiff.EndToEnd.Browser;

/// <summary>The browser of the machine, started once for the tests of a class; null where there is none.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Witnesses.Chromium.Path is not { } program)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = program,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    /// <summary>An empty page; the test that asks for it is skipped where there is no browser.</summary>
    public async Task<IPage> NewPageAsync()
    {
        if (_browser is null)
        {
            Assert.Skip(Witnesses.Chromium.Absence!);
        }

        return await _browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1200, Height = 700 } });
    }

    /// <summary>Opens a report and waits until it is there.</summary>
    public async Task<OpenReport> OpenAsync(string path, string fragment = "", ColorScheme colors = ColorScheme.Light)
    {
        if (_browser is null)
        {
            Assert.Skip(Witnesses.Chromium.Absence!);
        }

        var page = await _browser.NewPageAsync(new BrowserNewPageOptions
        {
            ViewportSize = new ViewportSize { Width = 1200, Height = 860 },
            ColorScheme = colors,
            ReducedMotion = ReducedMotion.Reduce,
        });
        var report = new OpenReport(page);
        await page.GotoAsync(new Uri(path).AbsoluteUri + fragment);
        await page.WaitForSelectorAsync("html[data-ready]", new PageWaitForSelectorOptions { State = WaitForSelectorState.Attached });
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}

/// <summary>A report in the browser, and whatever went wrong or left the machine while it was open.</summary>
public sealed class OpenReport : IAsyncDisposable
{
    private readonly List<string> _faults = [];

    internal OpenReport(IPage page)
    {
        Page = page;
        page.PageError += (_, error) => _faults.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _faults.Add(message.Text);
            }
        };
        page.Dialog += (_, dialog) =>
        {
            _faults.Add($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("file:", StringComparison.Ordinal))
            {
                _faults.Add($"request: {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>Errors, warnings, dialogs and requests so far.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The paths in the rows that exist.</summary>
    public async Task<IReadOnlyList<string>> PathsAsync() => await Page.Locator("#rows .row a").AllTextContentsAsync();

    /// <summary>The text of the open item, its details shown.</summary>
    public async Task<string> ItemAsync()
    {
        await Page.WaitForSelectorAsync("#details[aria-busy=false]", new PageWaitForSelectorOptions { State = WaitForSelectorState.Attached });
        return await Page.Locator("#item").InnerTextAsync();
    }

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}
