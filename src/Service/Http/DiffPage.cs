using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IpswDiff.Service.Http;

/// <summary>The page over the API, its script and style, and the description of the API: files that the assembly carries.</summary>
public static class DiffPage
{
    /// <summary>Maps the page.</summary>
    public static IEndpointRouteBuilder MapIpswDiffPage(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        Map(routes, "/", "index.html", "text/html; charset=utf-8");
        Map(routes, "/app.js", "app.js", "text/javascript; charset=utf-8");
        Map(routes, "/app.css", "app.css", "text/css; charset=utf-8");
        Map(routes, "/favicon.ico", "icon.svg", "image/svg+xml");
        Map(routes, "/openapi.json", "openapi.json", "application/json");
        return routes;
    }

    private static void Map(IEndpointRouteBuilder routes, string path, string resource, string type)
    {
        using var stream = typeof(DiffPage).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"the assembly does not carry {resource}");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        routes.MapMethods(path, ["GET"], (RequestDelegate)(async http =>
        {
            http.Response.ContentType = type;
            http.Response.ContentLength = bytes.Length;
            http.Response.Headers.CacheControl = "no-cache";
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
        }));
    }
}
