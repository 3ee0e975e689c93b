using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IpswDiff.Service.Tests;

/// <summary>A web server on a loopback port that serves one file under <c>/a.ipsw</c>, with ranges and versions, and breaks when it is told to.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile byte[] _content;
    private volatile string? _version = "\"1\"";

    private FileServer(WebApplication app, byte[] content)
    {
        _app = app;
        _content = content;
    }

    /// <summary>The ETag, or none.</summary>
    public string? Version
    {
        get => _version;
        set => _version = value;
    }

    public bool SendsRanges { get; set; } = true;

    /// <summary>Cuts the connection once after so many bytes of the file, counted from its front.</summary>
    public long? BreaksAfter { get; set; }

    /// <summary>Waited for before a range of more than a byte is sent; told where it begins.</summary>
    public Func<int, Task>? Before { get; set; }

    public int Requests { get; private set; }

    /// <summary>Where the ranges began that were asked for and are more than a byte.</summary>
    public List<int> BlockOffsets { get; } = [];

    public static async Task<FileServer> StartAsync(byte[] content)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var server = new FileServer(builder.Build(), content);
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public Uri Address(string path) => new(new Uri(_app.Urls.Single()), path);

    public void Replace(byte[] content, string version)
    {
        _content = content;
        _version = version;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Requests++;
        var target = http.Request.Path.Value switch
        {
            "/a.ipsw" => string.Empty,
            "/moved" => "/a.ipsw",
            "/outside" => "https://elsewhere.example/a.ipsw",
            "/plain" => "ftp://127.0.0.1/a.ipsw",
            "/round" => "/round",
            _ => null,
        };
        if (target is not "")
        {
            http.Response.StatusCode = target is null ? 404 : 302;
            http.Response.Headers.Location = target;
            return;
        }

        var content = _content;
        var (start, end) = (0, content.Length - 1);
        http.Response.Headers.ETag = _version;
        if (SendsRanges && http.Request.GetTypedHeaders().Range?.Ranges.Single() is { From: { } from, To: { } to })
        {
            (start, end) = ((int)from, (int)Math.Min(to, end));
            http.Response.StatusCode = 206;
            http.Response.Headers.ContentRange = $"bytes {start}-{end}/{content.Length}";
            if (end > start)
            {
                lock (BlockOffsets)
                {
                    BlockOffsets.Add(start);
                }

                await (Before?.Invoke(start) ?? Task.CompletedTask).WaitAsync(http.RequestAborted);
            }
        }

        http.Response.ContentLength = end + 1 - start;
        if (BreaksAfter is { } limit && end >= limit)
        {
            await http.Response.Body.WriteAsync(content.AsMemory(start, (int)limit - start), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            BreaksAfter = null;
            http.Abort();
            return;
        }

        await http.Response.Body.WriteAsync(content.AsMemory(start, end + 1 - start), http.RequestAborted);
    }
}
