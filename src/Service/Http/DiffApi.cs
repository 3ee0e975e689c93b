using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IpswDiff.Service.Http;

/// <summary>The HTTP API over <see cref="DiffService"/> and the page over the API, as routes.</summary>
public static class DiffApi
{
    /// <summary>Maps the API. A <see cref="DiffService"/> has to be among the services.</summary>
    public static IEndpointRouteBuilder MapIpswDiffApi(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        Map(routes, "POST", "/api/diffs", (service, _) => DiffEndpoints.Start(service));
        Map(routes, "GET", "/api/diffs", (service, _) => DiffEndpoints.List(service));
        Map(routes, "GET", "/api/diffs/{id}", (service, http) => DiffEndpoints.Get(service, Value(http, "id")));
        Map(routes, "DELETE", "/api/diffs/{id}", (service, http) => DiffEndpoints.Delete(service, Value(http, "id")));
        foreach (var (path, _) in ReportNames.All)
        {
            Map(routes, "GET", "/api/diffs/{id}/" + path, (service, http) => DiffEndpoints.Report(service, Value(http, "id"), path));
        }

        Map(routes, "GET", "/api/diffs/{id}/report/{**name}", (service, http) => DiffEndpoints.ReportFile(service, Value(http, "id"), Value(http, "name")));
        Map(routes, "GET", "/api/diffs/{id}/items/{**name}", (service, http) => DiffEndpoints.Item(service, Value(http, "id"), Value(http, "name")));
        Map(routes, "GET", "/api/firmwares", (service, _) => DiffEndpoints.Firmwares(service));
        Map(routes, "PUT", "/api/firmwares/{**name}", (service, http) => DiffEndpoints.Upload(service, Value(http, "name")));
        Map(routes, "POST", "/api/firmwares/{name}/upload", (service, http) => DiffEndpoints.PrepareUpload(service, Value(http, "name")));
        Map(routes, "POST", "/api/firmwares/{name}", (service, http) => DiffEndpoints.Register(service, Value(http, "name")));
        return routes;
    }

    /// <summary>Maps the page.</summary>
    public static IEndpointRouteBuilder MapIpswDiffPage(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        foreach (var (path, file) in DiffPage.Paths)
        {
            Map(routes, "GET", path, (service, _) => DiffEndpoints.Page(service, file));
        }

        return routes;
    }

    private static void Map(IEndpointRouteBuilder routes, string method, string pattern, Func<DiffService, HttpContext, IResult> endpoint) =>
        routes.MapMethods(pattern, [method], (RequestDelegate)(http => endpoint(http.RequestServices.GetRequiredService<DiffService>(), http).ExecuteAsync(http)));

    private static string Value(HttpContext http, string name) => http.Request.RouteValues[name] as string ?? string.Empty;
}
