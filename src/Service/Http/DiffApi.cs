using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IpswDiff.Service.Http;

/// <summary>The HTTP API over <see cref="DiffService"/>, the same wherever it is hosted.</summary>
public static class DiffApi
{
    private const long LongestRequest = 64 << 10;
    private const int RunsPerPage = 50;

    /// <summary>Maps the API. A <see cref="DiffService"/> has to be among the services.</summary>
    public static IEndpointRouteBuilder MapIpswDiffApi(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        Map(routes, "POST", "/api/diffs", StartAsync);
        Map(routes, "GET", "/api/diffs", ListAsync);
        Map(routes, "GET", "/api/diffs/{id}", async (http, service) =>
            await AnswerAsync(http, 200, await service.GetAsync(Value(http, "id"), http.RequestAborted).ConfigureAwait(false), ServiceJson.Default.DiffView).ConfigureAwait(false));
        Map(routes, "DELETE", "/api/diffs/{id}", DeleteAsync);
        foreach (var (path, artifact) in ReportNames.All)
        {
            Map(routes, "GET", "/api/diffs/{id}/" + path, (http, service) => SendAsync(http, service, artifact));
        }

        Map(routes, "GET", "/api/diffs/{id}/report/{**name}", (http, service) => SendAsync(http, service, Value(http, "name")));
        Map(routes, "GET", "/api/diffs/{id}/items/{**name}", (http, service) => SendAsync(http, service, "items/" + Value(http, "name")));
        Map(routes, "GET", "/api/firmwares", async (http, service) =>
            await AnswerAsync(http, 200, await service.ListFirmwaresAsync(http.RequestAborted).ConfigureAwait(false), ServiceJson.Default.FirmwareList).ConfigureAwait(false));
        Map(routes, "PUT", "/api/firmwares/{**name}", UploadAsync);
        return routes;
    }

    private static void Map(IEndpointRouteBuilder routes, string method, string pattern, Func<HttpContext, DiffService, Task> handle) =>
        routes.MapMethods(pattern, [method], (RequestDelegate)(http => Problems.GuardAsync(http, () => handle(http, http.RequestServices.GetRequiredService<DiffService>()))));

    private static async Task StartAsync(HttpContext http, DiffService service)
    {
        // A form of another site can send no JSON without asking first, and it is not answered when it asks.
        if (!http.Request.HasJsonContentType())
        {
            throw new ServiceFaultException(FaultKind.Malformed, "send JSON with the content type application/json");
        }

        Limit(http, LongestRequest);
        var start = await JsonSerializer.DeserializeAsync(http.Request.Body, ServiceJson.Default.StartDiff, http.RequestAborted).ConfigureAwait(false)
            ?? throw new ServiceFaultException(FaultKind.Malformed, "the request is empty");
        var run = await service.StartAsync(start, http.RequestAborted).ConfigureAwait(false);
        http.Response.Headers.Location = $"{http.Request.PathBase}/api/diffs/{run.Id}";
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
        var list = await service.ListAsync(count, next.Length == 0 ? null : next, http.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(http, 200, list, ServiceJson.Default.DiffList).ConfigureAwait(false);
    }

    // A run that goes on is cancelled and stays in the list; one that has ended is removed with all it left.
    private static async Task DeleteAsync(HttpContext http, DiffService service)
    {
        var id = Value(http, "id");
        var view = await service.GetAsync(id, http.RequestAborted).ConfigureAwait(false);
        if (view.Run.HasEnded)
        {
            await service.PurgeAsync(id, http.RequestAborted).ConfigureAwait(false);
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        var run = await service.CancelAsync(id, http.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(http, 200, view with { Run = run, EtaSeconds = null, BytesPerSecond = null }, ServiceJson.Default.DiffView).ConfigureAwait(false);
    }

    private static async Task UploadAsync(HttpContext http, DiffService service)
    {
        var limit = service.Options.MaxFirmwareBytes;
        if (http.Request.ContentLength > limit)
        {
            throw service.TooLarge();
        }

        // One byte more than is taken, so that the service's own limit speaks first.
        Limit(http, limit == long.MaxValue ? limit : limit + 1);
        var firmware = await service.UploadAsync(Value(http, "name"), http.Request.Body, http.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(http, StatusCodes.Status201Created, firmware, ServiceJson.Default.FirmwareRecord).ConfigureAwait(false);
    }

    private static async Task SendAsync(HttpContext http, DiffService service, string artifact)
    {
        var stream = await service.OpenReportAsync(Value(http, "id"), artifact, http.RequestAborted).ConfigureAwait(false);
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

    private static void Limit(HttpContext http, long bytes)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = bytes;
        }
    }

    private static string Value(HttpContext http, string name) => http.Request.RouteValues[name] as string ?? string.Empty;

    private static Task AnswerAsync<T>(HttpContext http, int status, T value, JsonTypeInfo<T> form)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsJsonAsync(value, form, cancellationToken: http.RequestAborted);
    }
}
