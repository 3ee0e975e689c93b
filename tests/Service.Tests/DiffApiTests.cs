using System.Net;
using System.Text;
using System.Text.Json;

namespace IpswDiff.Service.Tests;

public class DiffApiTests
{
    private static string Old => Path.GetFileName(RunningService.OldSample);

    private static string New => Path.GetFileName(RunningService.NewSample);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Uploaded_firmwares_are_compared_and_the_report_is_served()
    {
        await using var service = await RunningService.StartAsync();
        using var first = await service.UploadAsync(RunningService.OldSample);
        using var second = await service.UploadAsync(RunningService.NewSample);
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        var firmwares = (await service.GetAsync("api/firmwares")).GetProperty("firmwares").EnumerateArray().ToArray();
        Assert.Equal(["1A100", "1B200"], firmwares.Select(firmware => firmware.GetProperty("build").GetString()!).Order(StringComparer.Ordinal));
        var oldId = firmwares.Single(firmware => firmware.GetProperty("build").GetString() == "1A100").GetProperty("id").GetString()!;

        using var started = await service.PostAsync(oldId, New);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var id = started.Headers.Location!.ToString().Split('/')[^1];
        var view = await service.EndOfAsync(id);

        Assert.Equal("Completed", view.GetProperty("run").GetProperty("state").GetString());
        Assert.Equal(oldId, view.GetProperty("run").GetProperty("oldFirmware").GetString());
        Assert.Contains("diff", view.GetProperty("activities").EnumerateArray().Select(activity => activity.GetProperty("name").GetString()));
        Assert.Contains("report.md", view.GetProperty("reports").EnumerateArray().Select(report => report.GetString()));
        var report = await service.GetAsync($"api/diffs/{id}/report.json");
        Assert.True(report.GetProperty("sections").GetArrayLength() > 0);
        var markdown = await service.Client.GetStringAsync($"api/diffs/{id}/report.md", Token);
        Assert.Contains("1B200", markdown, StringComparison.Ordinal);
        Assert.Equal(markdown, await service.Client.GetStringAsync($"api/diffs/{id}/report/README.md", Token));
        var item = Directory.EnumerateFiles(Path.Combine(service.Root, "data", "artifacts", "runs", id, "report", "items"), "*.json.gz", SearchOption.AllDirectories).First();
        var name = Path.GetRelativePath(Path.Combine(service.Root, "data", "artifacts", "runs", id, "report"), item);
        using var details = await service.Client.GetAsync($"api/diffs/{id}/{string.Join('/', name.Split(Path.DirectorySeparatorChar).Select(Uri.EscapeDataString))}", Token);
        Assert.Equal("gzip", Assert.Single(details.Content.Headers.ContentEncoding));
        Assert.Equal(await File.ReadAllBytesAsync(item, Token), await details.Content.ReadAsByteArrayAsync(Token));

        using var removed = await service.Client.DeleteAsync($"api/diffs/{id}", Token);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await ExpectAsync(await service.Client.GetAsync($"api/diffs/{id}", Token), HttpStatusCode.NotFound);
        Assert.False(Directory.Exists(Path.Combine(service.Root, "data", "artifacts", "runs", id, "report")) && Directory.EnumerateFiles(Path.Combine(service.Root, "data", "artifacts", "runs", id), "*", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public async Task What_needs_no_body_may_come_without_one_but_not_from_another_site()
    {
        await using var service = await RunningService.StartAsync();
        using (await service.UploadAsync(RunningService.OldSample))
        {
        }

        using var registered = await service.Client.PostAsync($"api/firmwares/{Old}", null, Token);
        Assert.Equal(HttpStatusCode.OK, registered.StatusCode);
        using var prepared = await service.Client.PostAsync("api/firmwares/Another.ipsw/upload", null, Token);
        Assert.Equal(HttpStatusCode.OK, prepared.StatusCode);
        foreach (var (header, value) in new[] { ("Origin", "https://elsewhere.invalid"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"api/firmwares/{Old}");
            request.Headers.Add(header, value);
            await ExpectAsync(await service.Client.SendAsync(request, Token), HttpStatusCode.BadRequest);
        }

        using var form = new FormUrlEncodedContent([]);
        await ExpectAsync(await service.Client.PostAsync($"api/firmwares/{Old}", form, Token), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Firmwares_are_unpacked_once_where_that_is_wanted()
    {
        await using var service = await RunningService.StartAsync(unpack: true);
        foreach (var sample in new[] { RunningService.OldSample, RunningService.NewSample })
        {
            using (await service.UploadAsync(sample))
            {
            }
        }

        var items = new List<long>();
        foreach (var options in new[] { "{}", """{"handlers":["MachO"]}""" })
        {
            using var body = new StringContent($$"""{"old":"{{Old}}","new":"{{New}}","options":{{options}} }""", Encoding.UTF8, "application/json");
            using var started = await service.Client.PostAsync("api/diffs", body, Token);
            Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
            var id = started.Headers.Location!.ToString().Split('/')[^1];
            var view = await service.EndOfAsync(id);
            Assert.Equal("Completed", view.GetProperty("run").GetProperty("state").GetString());
            var report = await service.GetAsync($"api/diffs/{id}/report.json");
            items.Add(report.GetProperty("run").GetProperty("activities").EnumerateArray()
                .Single(activity => activity.GetProperty("name").GetString() == "unpack").GetProperty("items").GetInt64());
        }

        Assert.True(items[0] > 100);
        Assert.Equal(0, items[1]);
    }

    [Fact]
    public async Task Requests_that_cannot_be_met_are_answered_with_a_problem()
    {
        await using var service = await RunningService.StartAsync(maxFirmwareBytes: 300_000);
        using (await service.UploadAsync(RunningService.OldSample))
        {
        }

        await ExpectAsync(await service.PostAsync("missing.ipsw", Old), HttpStatusCode.UnprocessableEntity);
        await ExpectAsync(await service.PostAsync("../secret", Old), HttpStatusCode.BadRequest);
        await ExpectAsync(await service.PostAsync("http://updates.example/a.ipsw", Old), HttpStatusCode.BadRequest);
        await ExpectAsync(await service.PostAsync("file:///etc/passwd", Old), HttpStatusCode.BadRequest);
        await ExpectAsync(await service.PostAsync("https://elsewhere.example/a.ipsw", Old), HttpStatusCode.BadRequest);
        await ExpectAsync(await service.PostAsync("https://updates.example:8443/a.ipsw", Old), HttpStatusCode.BadRequest);
        await ExpectAsync(await service.PostAsync("https://updates.example/a.ipsw?sig=secret", Old), HttpStatusCode.BadRequest);
        await ExpectAsync(await service.PostAsync("", Old), HttpStatusCode.BadRequest);
        using var broken = new StringContent("{\"old\":", Encoding.UTF8, "application/json");
        await ExpectAsync(await service.Client.PostAsync("api/diffs", broken, Token), HttpStatusCode.BadRequest);
        using var form = new StringContent("{}", Encoding.UTF8, "text/plain");
        await ExpectAsync(await service.Client.PostAsync("api/diffs", form, Token), HttpStatusCode.BadRequest);
        using var handlers = new StringContent($$"""{"old":"{{Old}}","new":"{{Old}}","options":{"handlers":["nonsense"] } }""", Encoding.UTF8, "application/json");
        await ExpectAsync(await service.Client.PostAsync("api/diffs", handlers, Token), HttpStatusCode.BadRequest);
        await ExpectAsync(await service.UploadAsync(RunningService.NewSample, "..%2f..%2fescaped.ipsw"), HttpStatusCode.BadRequest);
        await ExpectAsync(await service.UploadAsync(RunningService.OldSample), HttpStatusCode.Conflict);
        await ExpectAsync(await service.Client.PutAsync("api/firmwares/large.ipsw", new ByteArrayContent(new byte[300_001]), Token), HttpStatusCode.RequestEntityTooLarge);
        await ExpectAsync(await service.Client.PutAsync("api/firmwares/zeros.ipsw", new ByteArrayContent(new byte[5000]), Token), HttpStatusCode.UnprocessableEntity);
        await ExpectAsync(await service.Client.GetAsync("api/diffs/nonsense", Token), HttpStatusCode.NotFound);
        await ExpectAsync(await service.Client.GetAsync("api/diffs?count=0", Token), HttpStatusCode.BadRequest);
        Assert.Equal([Old], Directory.EnumerateFiles(Path.Combine(service.Root, "data", "firmwares")).Select(Path.GetFileName));
        Assert.Equal(0, (await service.GetAsync("api/diffs")).GetProperty("runs").GetArrayLength());
    }

    [Fact]
    public async Task A_body_without_a_length_is_bounded_too()
    {
        await using var service = await RunningService.StartAsync(maxFirmwareBytes: 100_000);
        using var request = new HttpRequestMessage(HttpMethod.Put, "api/firmwares/large.ipsw") { Content = new ByteArrayContent(new byte[200_000]) };
        request.Headers.TransferEncodingChunked = true;
        await ExpectAsync(await service.Client.SendAsync(request, Token), HttpStatusCode.RequestEntityTooLarge);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(service.Root, "data", "firmwares")));
    }

    [Fact]
    public async Task Allowed_names_that_lead_into_a_private_network_are_not_fetched()
    {
        await using var service = await RunningService.StartAsync();
        using (await service.UploadAsync(RunningService.OldSample))
        {
        }

        using var started = await service.PostAsync(Old, "https://localhost/a.ipsw");
        var view = await service.EndOfAsync(started.Headers.Location!.ToString().Split('/')[^1]);
        Assert.Equal("Failed", view.GetProperty("run").GetProperty("state").GetString());
        Assert.Contains("private network", view.GetProperty("run").GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_under_another_host_name_are_refused()
    {
        await using var service = await RunningService.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/diffs");
        request.Headers.Host = "rebound.example";
        await ExpectAsync(await service.Client.SendAsync(request, Token), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_page_and_the_description_are_served_under_a_strict_policy()
    {
        await using var service = await RunningService.StartAsync();
        using var page = await service.Client.GetAsync("/", Token);
        var html = await page.Content.ReadAsStringAsync(Token);
        Assert.Contains("src=\"app.js\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", string.Join(' ', page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        var paths = (await service.GetAsync("openapi.json")).GetProperty("paths").EnumerateObject().Select(path => path.Name);
        Assert.Contains("/api/diffs/{id}/report.html", paths);
    }

    [Fact]
    public async Task A_run_that_waited_when_the_process_ended_is_run_by_the_next()
    {
        await using var service = await RunningService.StartAsync();
        using (await service.UploadAsync(RunningService.OldSample))
        using (await service.UploadAsync(RunningService.NewSample))
        {
        }

        using var started = await service.PostAsync(Old, New);
        var id = started.Headers.Location!.ToString().Split('/')[^1];
        await service.RestartAsync();
        Assert.Equal("Completed", (await service.EndOfAsync(id)).GetProperty("run").GetProperty("state").GetString());
    }

    [Fact]
    public async Task Two_runs_of_one_pair_asked_for_at_once_are_two_whole_runs()
    {
        await using var service = await RunningService.StartAsync();
        using (await service.UploadAsync(RunningService.OldSample))
        using (await service.UploadAsync(RunningService.NewSample))
        {
        }

        var started = await Task.WhenAll(service.PostAsync(Old, New), service.PostAsync(Old, New));
        var ids = started.Select(answer => answer.Headers.Location!.ToString().Split('/')[^1]).ToArray();
        Assert.Equal(2, ids.Distinct(StringComparer.Ordinal).Count());
        var sections = new List<string>();
        foreach (var id in ids)
        {
            Assert.Equal("Completed", (await service.EndOfAsync(id)).GetProperty("run").GetProperty("state").GetString());
            var report = await service.GetAsync($"api/diffs/{id}/report.json");
            sections.Add(string.Join('\n', report.GetProperty("sections").EnumerateArray().Select(section => $"{section.GetProperty("handler")} {section.GetProperty("added")} {section.GetProperty("removed")} {section.GetProperty("changed")}")));
        }

        Assert.NotEmpty(sections[0]);
        Assert.Equal(sections[0], sections[1]);
    }

    [Fact]
    public async Task Uploads_are_streamed_where_the_storage_is_a_folder()
    {
        await using var service = await RunningService.StartAsync();
        using var asked = await service.Client.PostAsync($"api/firmwares/{Old}/upload", new StringContent("{}", Encoding.UTF8, "application/json"), Token);
        using var answer = JsonDocument.Parse(await asked.Content.ReadAsStringAsync(Token));
        Assert.Equal(("Stream", $"api/firmwares/{Old}"), (answer.RootElement.GetProperty("kind").GetString(), answer.RootElement.GetProperty("address").GetString()));
        await ExpectAsync(await service.Client.PostAsync($"api/firmwares/{Old}/upload", new StringContent("{}"), Token), HttpStatusCode.BadRequest);
        await ExpectAsync(await service.Client.PostAsync($"api/firmwares/{Old}", new StringContent("{}", Encoding.UTF8, "application/json"), Token), HttpStatusCode.UnprocessableEntity);
        using (await service.UploadAsync(RunningService.OldSample))
        {
        }

        using var registered = await service.Client.PostAsync($"api/firmwares/{Old}", new StringContent("{}", Encoding.UTF8, "application/json"), Token);
        Assert.Equal(HttpStatusCode.OK, registered.StatusCode);
        await ExpectAsync(await service.Client.PostAsync($"api/firmwares/{Old}/upload", new StringContent("{}", Encoding.UTF8, "application/json"), Token), HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_firmware_dropped_into_the_folder_is_compared_with_the_build_before_it_once()
    {
        await using var service = await RunningService.StartAsync(watch: true);
        File.Copy(RunningService.NewSample, Path.Combine(service.Dropped, New));
        File.Copy(RunningService.OldSample, Path.Combine(service.Dropped, Old));
        var run = await FirstRunAsync(service);
        Assert.Equal("Completed", (await service.EndOfAsync(run.GetProperty("id").GetString()!)).GetProperty("run").GetProperty("state").GetString());
        Assert.Equal((Old, New), (run.GetProperty("old").GetString(), run.GetProperty("new").GetString()));

        await service.RestartAsync();
        File.SetLastWriteTimeUtc(Path.Combine(service.Dropped, New), DateTime.UtcNow);
        await Task.Delay(1000, Token);
        Assert.Equal(1, (await service.GetAsync("api/diffs")).GetProperty("runs").GetArrayLength());
    }

    private static async Task<JsonElement> FirstRunAsync(RunningService service)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(1); DateTime.UtcNow < deadline;)
        {
            var runs = (await service.GetAsync("api/diffs")).GetProperty("runs");
            if (runs.GetArrayLength() > 0)
            {
                return runs[0];
            }

            await Task.Delay(100, Token);
        }

        throw new TimeoutException("nothing was started");
    }

    private static async Task ExpectAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        using (answer)
        {
            var body = await answer.Content.ReadAsStringAsync(Token);
            Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode} instead of {(int)status}: {body}");
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            using var problem = JsonDocument.Parse(body);
            Assert.Equal((int)status, problem.RootElement.GetProperty("status").GetInt32());
            Assert.NotEmpty(problem.RootElement.GetProperty("detail").GetString()!);
        }
    }
}
