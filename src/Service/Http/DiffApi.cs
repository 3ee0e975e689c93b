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
        Map(routes, "POST", ApiRoutes.Diffs, (service, _) => DiffEndpoints.Start(service));
        Map(routes, "GET", ApiRoutes.Diffs, (service, _) => DiffEndpoints.List(service));
        Map(routes, "GET", ApiRoutes.Diff, (service, http) => DiffEndpoints.Get(service, Id(http)));
        Map(routes, "DELETE", ApiRoutes.Diff, (service, http) => DiffEndpoints.Delete(service, Id(http)));
        Map(routes, "GET", ApiRoutes.HtmlReport, (service, http) => DiffEndpoints.Report(service, Id(http), ReportNames.Html));
        Map(routes, "GET", ApiRoutes.MarkdownReport, (service, http) => DiffEndpoints.Report(service, Id(http), ReportNames.Markdown));
        Map(routes, "GET", ApiRoutes.JsonReport, (service, http) => DiffEndpoints.Report(service, Id(http), ReportNames.Json));
        Map(routes, "GET", ApiRoutes.ReportFile, (service, http) => DiffEndpoints.ReportFile(service, Id(http), Name(http)));
        Map(routes, "GET", ApiRoutes.Item, (service, http) => DiffEndpoints.Item(service, Id(http), Name(http)));
        Map(routes, "GET", ApiRoutes.Firmwares, (service, _) => DiffEndpoints.Firmwares(service));
        Map(routes, "PUT", ApiRoutes.FirmwareUpload, (service, http) => DiffEndpoints.Upload(service, Name(http)));
        Map(routes, "POST", ApiRoutes.FirmwareUploadAddress, (service, http) => DiffEndpoints.PrepareUpload(service, Name(http)));
        Map(routes, "POST", ApiRoutes.Firmware, (service, http) => DiffEndpoints.Register(service, Name(http)));
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
        routes.MapMethods(
            pattern,
            [method],
            (RequestDelegate)(http => endpoint(http.RequestServices.GetRequiredService<DiffService>(), http).ExecuteAsync(http)));

    private static string Id(HttpContext http) => Value(http, "id");

    private static string Name(HttpContext http) => Value(http, "name");

    private static string Value(HttpContext http, string name) => http.Request.RouteValues[name] as string ?? string.Empty;
}
