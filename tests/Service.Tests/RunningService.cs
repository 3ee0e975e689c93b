using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using IpswDiff.Diffing.Options;
using IpswDiff.Forge;
using IpswDiff.Service.Hosting;
using Microsoft.AspNetCore.Builder;

namespace IpswDiff.Service.Tests;

/// <summary>The service on a free loopback port, with folders of its own.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private WebApplication _app = null!;

    private RunningService(string root, ServiceOptions options, bool watch)
    {
        Root = root;
        Options = options;
        Watch = watch;
    }

    public static string OldSample { get; } = Path.Combine(SampleFiles.RepositoryRoot, "samples", Forge.Samples.SampleFirmware.OldVersion.FileName);

    public static string NewSample { get; } = Path.Combine(SampleFiles.RepositoryRoot, "samples", Forge.Samples.SampleFirmware.NewVersion.FileName);

    public string Root { get; }

    public string Dropped => Path.Combine(Root, "dropped");

    public HttpClient Client { get; private set; } = null!;

    private ServiceOptions Options { get; }

    private bool Watch { get; }

    public static async Task<RunningService> StartAsync(long maxFirmwareBytes = 1 << 20, bool watch = false, bool unpack = false)
    {
        var options = new ServiceOptions
        {
            AllowedHosts = ["localhost", "updates.example"],
            MaxFirmwareBytes = maxFirmwareBytes,
            Unpack = unpack,
            Budget = MemoryBudget.Divide(256L << 20, 2),
        };
        var service = new RunningService(Path.Combine(Path.GetTempPath(), $"ipswdiff-service-{Guid.NewGuid():N}"), options, watch);
        await service.ListenAsync();
        return service;
    }

    /// <summary>Ends the server and starts another on the same folders.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await ListenAsync();
    }

    public async Task StopAsync()
    {
        Client.Dispose();
        await _app.StopAsync(TestContext.Current.CancellationToken);
        await _app.DisposeAsync();
    }

    public async Task<HttpResponseMessage> UploadAsync(string path, string? name = null)
    {
        await using var file = File.OpenRead(path);
        using var content = new StreamContent(file);
        return await Client.PutAsync($"api/firmwares/{name ?? Path.GetFileName(path)}", content, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> PostAsync(string old, string @new) =>
        Client.PostAsJsonAsync("api/diffs", new StartDiff { Old = old, New = @new }, ServiceJson.Default.StartDiff, TestContext.Current.CancellationToken);

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Client.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    /// <summary>Asks until the run has ended, and returns what is said of it then.</summary>
    public async Task<JsonElement> EndOfAsync(string id)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(3); DateTime.UtcNow < deadline;)
        {
            var view = await GetAsync($"api/diffs/{id}");
            if (view.GetProperty("run").GetProperty("state").GetString() is not ("Queued" or "Running"))
            {
                return view;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"run {id} does not end");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Root, recursive: true);
    }

    private async Task ListenAsync()
    {
        var storage = await ServiceStorage.InFoldersAsync(Path.Combine(Root, "data"), Watch ? Dropped : null, TestContext.Current.CancellationToken);
        _app = LocalService.Build(storage, Watch ? TimeSpan.FromMilliseconds(150) : null, 0, Options);
        Client = new HttpClient();
        await _app.StartAsync(TestContext.Current.CancellationToken);
        Client.BaseAddress = new Uri(_app.Urls.Single());
    }
}
