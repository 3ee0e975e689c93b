using System.Diagnostics;
using Microsoft.Playwright;

namespace IpswDiff.EndToEnd.Browser;

/// <summary>The page of <c>ipswdiff serve</c> in a real browser: a firmware pair is uploaded, compared and read.</summary>
public sealed class ServicePageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Starts_a_comparison_shows_its_progress_and_opens_its_report()
    {
        using var scratch = Cli.Scratch();
        await using var service = await RunningService.StartAsync(scratch["data"]);
        var page = await chromium.NewPageAsync();
        var faults = new List<string>();
        page.PageError += (_, error) => faults.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                faults.Add(message.Text);
            }
        };

        // Every state that a run's row ever shows is kept, however soon the next one takes its place.
        await page.AddInitScriptAsync(
            """
            window.states = [];
            document.addEventListener("DOMContentLoaded", () => document.getElementById("runs") && new MutationObserver(() => {
              for (const row of document.querySelectorAll("#runs tr")) {
                const shown = row.dataset.state + " " + (row.querySelector("td:nth-child(4)")?.textContent ?? "");
                if (window.states.at(-1) !== shown) window.states.push(shown);
              }
            }).observe(document.getElementById("runs"), { childList: true, subtree: true }));
            """);
        await page.GotoAsync(service.Address);
        foreach (var firmware in (string[])[Samples.Old, Samples.New])
        {
            await page.SetInputFilesAsync("#file", firmware);
            await page.ClickAsync("#upload button");
            await page.WaitForFunctionAsync("name => document.getElementById('message').textContent.startsWith(name + ' is registered')", Path.GetFileName(firmware));
        }

        await page.FillAsync("#old", Path.GetFileName(Samples.Old));
        await page.FillAsync("#new", Path.GetFileName(Samples.New));
        await page.CheckAsync("#functions");
        await page.PressAsync("#new", "Enter");
        await page.WaitForSelectorAsync("#runs tr[data-state=Completed]", new PageWaitForSelectorOptions { Timeout = 60_000 });
        var states = await page.EvaluateAsync<string[]>("window.states");
        Assert.Contains(states, state => state.StartsWith("Queued", StringComparison.Ordinal) || state.StartsWith("Running", StringComparison.Ordinal));
        Assert.StartsWith("Completed", states[^1], StringComparison.Ordinal);
        Assert.True(states.Length >= 2, string.Join(" | ", states));
        if (Environment.GetEnvironmentVariable("IPSWDIFF_PICTURES") is { } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, "service.png") });
        }

        await page.ClickAsync("#runs a:text-is('html')");
        await page.WaitForSelectorAsync("html[data-ready]", new PageWaitForSelectorOptions { State = WaitForSelectorState.Attached });
        Assert.True(await page.Locator("#rows .row a").CountAsync() > 5);
        Assert.Empty(faults);
    }

    /// <summary>The program serving on a port of its own.</summary>
    private sealed class RunningService : IAsyncDisposable
    {
        private readonly Process _process;

        private RunningService(Process process, string address)
        {
            _process = process;
            Address = address;
        }

        public string Address { get; }

        public static async Task<RunningService> StartAsync(string data)
        {
            var process = Cli.Start("serve", "--data", data, "--port", "0");
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                if (line.StartsWith("ipswdiff serves ", StringComparison.Ordinal))
                {
                    return new RunningService(process, line["ipswdiff serves ".Length..].Split(',')[0]);
                }
            }

            throw new InvalidOperationException($"ipswdiff serve ended: {await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
