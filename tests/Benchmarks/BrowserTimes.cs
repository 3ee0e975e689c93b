using System.Globalization;
using Microsoft.Playwright;

namespace IpswDiff.Benchmarks;

/// <summary>How long an HTML report takes in a headless Chromium until its table answers, and how it answers then; clocks run in the page.</summary>
internal static class BrowserTimes
{
    // The page says when it is ready; what counts is the frame after it.
    private const string Watch = """
        new MutationObserver((changes, self) => {
          if (document.documentElement?.dataset.ready) { self.disconnect(); requestAnimationFrame(() => setTimeout(() => { window.answeredAt = performance.now(); })); }
        }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });
        """;

    private const string Search = """
        async () => {
          const box = document.getElementById("search"), times = [];
          for (const word of ["c", "co", "core", "core 1", "core 12", "", "framework", "zzz", ""]) {
            const from = performance.now();
            box.value = word;
            box.dispatchEvent(new Event("input"));
            await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
            times.push(performance.now() - from);
          }
          return times;
        }
        """;

    private const string Scroll = """
        async () => {
          const view = document.getElementById("viewport"), times = [];
          for (let i = 0; i < 120; i++) {
            const from = performance.now();
            view.scrollTop += 700;
            await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
            times.push(performance.now() - from);
          }
          return times;
        }
        """;

    private const string Open = """
        async () => {
          const times = [];
          for (let i = 0; i < 5; i++) {
            document.querySelectorAll("#rows .row a")[i].click();
            const from = performance.now();
            await new Promise(done => { const look = () => document.querySelector("#details[aria-busy=false]") ? done() : requestAnimationFrame(look); look(); });
            times.push(performance.now() - from);
            history.back();
            await new Promise(done => setTimeout(done, 100));
          }
          return times;
        }
        """;

    public static async Task PrintAsync(string path, string chromium, int runs)
    {
        using var playwright = await Playwright.CreateAsync().ConfigureAwait(false);
        var opened = new List<double>();
        var (search, scroll, open) = (new List<double>(), new List<double>(), new List<double>());
        for (var run = 0; run < runs; run++)
        {
            // A browser of its own each time: nothing of the page is compiled or kept yet.
            var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = chromium, Args = ["--no-sandbox", "--disable-gpu"] }).ConfigureAwait(false);
            await using (browser.ConfigureAwait(false))
            {
                var page = await browser.NewPageAsync().ConfigureAwait(false);
                await page.AddInitScriptAsync(Watch).ConfigureAwait(false);
                await page.GotoAsync(new Uri(path).AbsoluteUri).ConfigureAwait(false);
                opened.Add(await page.EvaluateAsync<double>("async () => { while (!window.answeredAt) await new Promise(done => setTimeout(done, 20)); return window.answeredAt; }").ConfigureAwait(false));
                search.AddRange(await page.EvaluateAsync<double[]>(Search).ConfigureAwait(false));
                scroll.AddRange(await page.EvaluateAsync<double[]>(Scroll).ConfigureAwait(false));
                open.AddRange(await page.EvaluateAsync<double[]>(Open).ConfigureAwait(false));
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  in Chromium, {new FileInfo(path).Length / 1e6:0.0} MB of HTML, {runs} runs:"));
        foreach (var (what, times) in new[] { ("table answers after", opened), ("search, until painted", search), ("a scroll of a screen", scroll), ("an item opened", open) })
        {
            times.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {what,-22} median {times[times.Count / 2],7:0} ms  longest {times[^1],7:0} ms"));
        }
    }
}
