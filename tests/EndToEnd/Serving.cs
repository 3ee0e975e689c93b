using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace IpswDiff.EndToEnd;

/// <summary><c>ipswdiff serve</c> as a process of its own, on a port of its own.</summary>
internal sealed class Serving : IAsyncDisposable
{
    private const string Greeting = "ipswdiff serves ";

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Serving(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromMinutes(2) };

    public string Address => Client.BaseAddress!.ToString();

    /// <summary>Everything that the process has written.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts one and waits until it answers.</summary>
    public static Task<Serving> StartAsync(params string[] place) => StartAsync(Cli.Start(["serve", "--port", "0", .. place]));

    /// <summary>Starts one that cannot write files of more than so many KiB, as on a disk that is nearly full.</summary>
    public static Task<Serving> StartLimitedAsync(int kibibytes, params string[] place) => StartAsync(Cli.StartLimited(kibibytes, ["serve", "--port", "0", .. place]));

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Client.GetAsync(path, Token);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}{Environment.NewLine}{Log}");
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    public async Task<JsonElement> PostAsync(string path, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await Client.PostAsync(path, body, Token);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Token)}{Environment.NewLine}{Log}");
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    /// <summary>Starts the comparison of the samples and returns the run's name.</summary>
    public async Task<string> CompareSamplesAsync()
    {
        var view = await PostAsync("api/diffs", $$"""{"old":"{{Path.GetFileName(Samples.Old)}}","new":"{{Path.GetFileName(Samples.New)}}"}""");
        return view.GetProperty("run").GetProperty("id").GetString()!;
    }

    public async Task<HttpStatusCode> UploadAsync(string path)
    {
        await using var file = File.OpenRead(path);
        using var content = new StreamContent(file);
        using var answer = await Client.PutAsync($"api/firmwares/{Path.GetFileName(path)}", content, Token);
        return answer.StatusCode;
    }

    public async Task<JsonElement> RunAsync(string id) => (await GetAsync($"api/diffs/{id}")).GetProperty("run");

    public async Task<string> StateAsync(string id) => (await RunAsync(id)).GetProperty("state").GetString()!;

    /// <summary>Asks until the run has ended, and returns its record.</summary>
    public async Task<JsonElement> EndOfAsync(string id)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(3); DateTime.UtcNow < deadline;)
        {
            var run = await RunAsync(id);
            if (run.GetProperty("state").GetString() is not ("Queued" or "Running"))
            {
                return run;
            }

            await Task.Delay(50, Token);
        }

        throw new TimeoutException($"run {id} does not end{Environment.NewLine}{Log}");
    }

    /// <summary>Ends the process as the system does that has no more memory: at once, wherever it is.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        Client.Dispose();
    }

    private static async Task<Serving> StartAsync(Process process)
    {
        var serving = new Serving(process);
        var ended = process.WaitForExitAsync(Token);
        if (await Task.WhenAny(serving._address.Task, ended) == ended)
        {
            throw new InvalidOperationException($"ipswdiff serve ended: {serving.Log}");
        }

        serving.Client.BaseAddress = new Uri(await serving._address.Task);
        return serving;
    }

    private void Take(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }

        if (line?.StartsWith(Greeting, StringComparison.Ordinal) is true)
        {
            _address.TrySetResult(line[Greeting.Length..].Split(',')[0]);
        }
    }
}
