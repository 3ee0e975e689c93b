using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace IpswDiff.Service.Http;

/// <summary>
/// Each request of the API as a result that does the work when it is executed, with its headers, and answers what goes
/// wrong as a problem. <see cref="DiffApi"/> routes to them, and so does any other host, which hands in what its own
/// routing found.
/// </summary>
public static class DiffEndpoints
{
    private const long LongestRequest = 64 << 10;
    private const int RunsPerPage = 50;

    /// <summary><c>POST /api/diffs</c>.</summary>
    public static IResult Start(DiffService service) => new Answer(http => StartAsync(http, service));

    /// <summary><c>GET /api/diffs</c>.</summary>
    public static IResult List(DiffService service) => new Answer(http => ListAsync(http, service));

    /// <summary><c>GET /api/diffs/{id}</c>.</summary>
    public static IResult Get(DiffService service, string id) => new Answer(async http =>
        await AnswerAsync(http, 200, await service.Runs.GetAsync(id, http.RequestAborted).ConfigureAwait(false), ServiceJson.Default.DiffView).ConfigureAwait(false));

    /// <summary><c>DELETE /api/diffs/{id}</c>.</summary>
    public static IResult Delete(DiffService service, string id) => new Answer(http => DeleteAsync(http, service, id));

    /// <summary>
    /// <c>GET /api/diffs/{id}/report.html</c>, <c>.md</c>, <c>.json</c>, which <paramref name="report"/> is.
    /// </summary>
    public static IResult Report(DiffService service, string id, string report) => new Answer(http => SendAsync(
        http,
        service,
        id,
        ReportNames.All.FirstOrDefault(known => known.Path == report).Artifact ?? throw new ServiceFaultException(FaultKind.NotFound, "there is no report of this form")));

    /// <summary><c>GET /api/diffs/{id}/report/{name}</c>.</summary>
    public static IResult ReportFile(DiffService service, string id, string name) => new Answer(http => SendAsync(http, service, id, name));

    /// <summary><c>GET /api/diffs/{id}/items/{name}</c>.</summary>
    public static IResult Item(DiffService service, string id, string name) => new Answer(http => SendAsync(http, service, id, "items/" + name));

    /// <summary><c>GET /api/firmwares</c>.</summary>
    public static IResult Firmwares(DiffService service) => new Answer(async http =>
        await AnswerAsync(http, 200, await service.Firmwares.ListAsync(http.RequestAborted).ConfigureAwait(false), ServiceJson.Default.FirmwareList).ConfigureAwait(false));

    /// <summary><c>PUT /api/firmwares/{name}</c>.</summary>
    public static IResult Upload(DiffService service, string name) => new Answer(http => UploadAsync(http, service, name));

    /// <summary><c>POST /api/firmwares/{name}/upload</c>.</summary>
    public static IResult PrepareUpload(DiffService service, string name) => new Answer(async http =>
    {
        CheckIntended(http);
        await AnswerAsync(http, 200, await service.Firmwares.PrepareUploadAsync(name, http.RequestAborted).ConfigureAwait(false), ServiceJson.Default.UploadView).ConfigureAwait(false);
    });

    /// <summary><c>POST /api/firmwares/{name}</c>.</summary>
    public static IResult Register(DiffService service, string name) => new Answer(async http =>
    {
        CheckIntended(http);
        await AnswerAsync(http, 200, await service.Firmwares.RegisterAsync(name, http.RequestAborted).ConfigureAwait(false), ServiceJson.Default.FirmwareRecord).ConfigureAwait(false);
    });

    /// <summary>
    /// A file of the page: <c>index.html</c>, <c>app.js</c>, <c>app.css</c>, <c>icon.svg</c>, <c>openapi.json</c>.
    /// </summary>
    public static IResult Page(DiffService service, string file) => new Answer(http => DiffPage.SendAsync(http, service.UploadOrigin, file));

    private static async Task StartAsync(HttpContext http, DiffService service)
    {
        CheckJson(http);
        Limit(http, LongestRequest);
        var start = await JsonSerializer.DeserializeAsync(http.Request.Body, ServiceJson.Default.StartDiff, http.RequestAborted).ConfigureAwait(false)
            ?? throw new ServiceFaultException(FaultKind.Malformed, "the request is empty");
        var run = await service.Starts.StartAsync(start, http.RequestAborted).ConfigureAwait(false);
        http.Response.Headers.Location = $"{http.Request.PathBase}/{ApiRoutes.Diffs}/{run.Id}";
        await AnswerAsync(http, StatusCodes.Status202Accepted, new DiffView(run, null, null, [], []), ServiceJson.Default.DiffView).ConfigureAwait(false);
    }

    private static async Task ListAsync(HttpContext http, DiffService service)
    {
        var count = RunsPerPage;
        if (http.Request.Query["count"].ToString() is { Length: > 0 } asked
            && !int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out count))
        {
            throw new ServiceFaultException(FaultKind.Malformed, "count is a number from 1 to 1000");
        }

        var next = http.Request.Query["next"].ToString();
        var list = await service.Runs.ListAsync(count, next.Length == 0 ? null : next, http.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(http, 200, list, ServiceJson.Default.DiffList).ConfigureAwait(false);
    }

    // A run that goes on is cancelled and stays in the list; one that has ended is removed with all it left.
    private static async Task DeleteAsync(HttpContext http, DiffService service, string id)
    {
        var view = await service.Runs.GetAsync(id, http.RequestAborted).ConfigureAwait(false);
        if (view.Run.HasEnded)
        {
            await service.Runs.PurgeAsync(id, http.RequestAborted).ConfigureAwait(false);
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        var run = await service.Runs.CancelAsync(id, http.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(http, 200, view with { Run = run, EtaSeconds = null, BytesPerSecond = null }, ServiceJson.Default.DiffView).ConfigureAwait(false);
    }

    private static async Task UploadAsync(HttpContext http, DiffService service, string name)
    {
        var limit = service.Options.MaxFirmwareBytes;
        if (http.Request.ContentLength > limit)
        {
            throw ServiceFaultException.TooLarge(service.Options);
        }

        // One byte more than is taken, so that the service's own limit speaks first.
        Limit(http, limit == long.MaxValue ? limit : limit + 1);
        var firmware = await service.Firmwares.UploadAsync(name, http.Request.Body, http.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(http, StatusCodes.Status201Created, firmware, ServiceJson.Default.FirmwareRecord).ConfigureAwait(false);
    }

    private static async Task SendAsync(HttpContext http, DiffService service, string id, string artifact)
    {
        var stream = await service.Runs.OpenReportAsync(id, artifact, http.RequestAborted).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var name = artifact;
            if (name.EndsWith(".gz", StringComparison.Ordinal))
            {
                http.Response.Headers.ContentEncoding = "gzip";
                name = name[..^3];
            }

            http.Response.ContentType = Path.GetExtension(name) switch
            {
                ".json" => "application/json",
                ".jsonl" => "application/jsonl",
                ".md" => "text/markdown; charset=utf-8",
                ".html" => "text/html; charset=utf-8",
                _ => "application/octet-stream",
            };
            if (name.EndsWith(".html", StringComparison.Ordinal))
            {
                http.Response.Headers.ContentSecurityPolicy = SecurityHeaders.ReportPolicy;
            }

            if (stream.CanSeek)
            {
                http.Response.ContentLength = stream.Length;
            }

            await stream.CopyToAsync(http.Response.Body, http.RequestAborted).ConfigureAwait(false);
        }
    }

    // A form of another site can send no JSON without asking first, and it is not answered when it asks.
    private static void CheckJson(HttpContext http)
    {
        if (!http.Request.HasJsonContentType())
        {
            throw new ServiceFaultException(FaultKind.Malformed, "send JSON with the content type application/json");
        }
    }

    // What needs no body may come without one, but not from a browser, which tells with every POST where it comes from.
    private static void CheckIntended(HttpContext http)
    {
        var request = http.Request;
        if (request.ContentLength is > 0 || request.ContentType is { Length: > 0 } || request.Headers.TransferEncoding.Count > 0
            || request.Headers.Origin.Count > 0 || request.Headers.ContainsKey("Sec-Fetch-Site"))
        {
            CheckJson(http);
        }
    }

    private static void Limit(HttpContext http, long bytes)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = bytes;
        }
    }

    private static Task AnswerAsync<T>(HttpContext http, int status, T value, JsonTypeInfo<T> form)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsJsonAsync(value, form, cancellationToken: http.RequestAborted);
    }

    private sealed class Answer(Func<HttpContext, Task> handle) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            SecurityHeaders.Set(httpContext, null);
            return Problems.GuardAsync(httpContext, () => handle(httpContext));
        }
    }
}
