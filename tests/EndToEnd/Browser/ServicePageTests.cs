using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Playwright;

namespace IpswDiff.EndToEnd.Browser;

/// <summary>The page of <c>ipswdiff serve</c> in a real browser: a firmware pair is uploaded, compared and read.</summary>
public sealed class ServicePageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Starts_a_comparison_shows_its_progress_and_opens_its_report()
    {
        using var scratch = Cli.Scratch();
        await using var service = await Serving.StartAsync("--data", scratch["data"]);
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

    [Fact]
    public async Task Uploads_straight_to_the_storage()
    {
        using var place = ServicePlace.New(inAzure: true);
        await using var service = await Serving.StartAsync(place.Arguments);

        // Storage answers a page of another origin only where the account allows it.
        var account = new BlobServiceClient(place.ConnectionString);
        var properties = (await account.GetPropertiesAsync(TestContext.Current.CancellationToken)).Value;
        properties.Cors.Clear();
        properties.Cors.Add(new BlobCorsRule
        {
            AllowedMethods = "PUT",
            AllowedOrigins = service.Address.TrimEnd('/'),
            AllowedHeaders = "*",
            ExposedHeaders = string.Empty,
            MaxAgeInSeconds = 60,
        });
        await account.SetPropertiesAsync(properties, TestContext.Current.CancellationToken);
        var page = await chromium.NewPageAsync();
        var puts = new List<string>();
        page.Request += (_, request) =>
        {
            if (request.Method == "PUT")
            {
                puts.Add(new Uri(request.Url).Authority);
            }
        };
        await page.GotoAsync(service.Address);
        await page.SetInputFilesAsync("#file", Samples.Old);
        await page.ClickAsync("#upload button");
        await page.WaitForFunctionAsync("name => document.getElementById('message').textContent.startsWith(name + ' is registered')", Path.GetFileName(Samples.Old));
        Assert.Equal(2, puts.Count);
        Assert.DoesNotContain(new Uri(service.Address).Authority, puts);
        Assert.Equal([Path.GetFileName(Samples.Old)], await place.FirmwaresAsync());
        await using var stored = await place.Open().Firmwares.Files.TryOpenAsync(Path.GetFileName(Samples.Old), TestContext.Current.CancellationToken);
        using var bytes = new MemoryStream();
        await stored!.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        var sent = await File.ReadAllBytesAsync(Samples.Old, TestContext.Current.CancellationToken);
        Assert.True(bytes.ToArray().AsSpan().SequenceEqual(sent));
    }
}
