using IpswDiff.Service;
using IpswDiff.Service.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Http;

/// <summary>Comparisons over HTTP: the endpoints of the service, each a function that asks for a key.</summary>
/// <param name="services">Makes the service.</param>
public sealed class DiffFunctions(ServiceFactory services)
{
    // The management API of Durable Functions, which asks for the extension's own key: that key is no part of the link.
    private const string Management = "/runtime/webhooks/durabletask/instances/";
    private const string Diffs = "/" + ApiRoutes.Diffs + "/";

    /// <summary><c>POST /api/diffs</c>. The answer 202 links to the orchestration as well.</summary>
    [Function("StartDiff")]
    public IResult Start([HttpTrigger(AuthorizationLevel.Function, "post", Route = ApiRoutes.Diffs)] HttpRequest request, [DurableClient] DurableTaskClient client)
    {
        ArgumentNullException.ThrowIfNull(request);
        var response = request.HttpContext.Response;
        response.OnStarting(() =>
        {
            if (response.StatusCode == StatusCodes.Status202Accepted && response.Headers.Location.ToString() is var location
                && location.IndexOf(Diffs, StringComparison.Ordinal) is >= 0 and var at)
            {
                response.Headers.Link = $"<{Management}{location[(at + Diffs.Length)..]}>; rel=\"monitor\"";
            }

            return Task.CompletedTask;
        });
        return DiffEndpoints.Start(services.Create(client));
    }

    /// <summary><c>GET /api/diffs</c>.</summary>
    [Function("ListDiffs")]
    public IResult List([HttpTrigger(AuthorizationLevel.Function, "get", Route = ApiRoutes.Diffs)] HttpRequest request, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.List(services.Create(client));

    /// <summary><c>GET /api/diffs/{id}</c>.</summary>
    [Function("GetDiff")]
    public IResult Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = ApiRoutes.Diff)] HttpRequest request, string id, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Get(services.Create(client), id);

    /// <summary><c>DELETE /api/diffs/{id}</c>.</summary>
    [Function("DeleteDiff")]
    public IResult Delete(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = ApiRoutes.Diff)] HttpRequest request, string id, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Delete(services.Create(client), id);

    /// <summary><c>GET /api/diffs/{id}/report.html</c>.</summary>
    [Function("GetHtmlReport")]
    public IResult Html(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = ApiRoutes.HtmlReport)] HttpRequest request, string id, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Report(services.Create(client), id, ReportNames.Html);

    /// <summary><c>GET /api/diffs/{id}/report.md</c>.</summary>
    [Function("GetMarkdownReport")]
    public IResult Markdown(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = ApiRoutes.MarkdownReport)] HttpRequest request, string id, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Report(services.Create(client), id, ReportNames.Markdown);

    /// <summary><c>GET /api/diffs/{id}/report.json</c>.</summary>
    [Function("GetJsonReport")]
    public IResult Json(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = ApiRoutes.JsonReport)] HttpRequest request, string id, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Report(services.Create(client), id, ReportNames.Json);

    /// <summary><c>GET /api/diffs/{id}/report/{name}</c>.</summary>
    [Function("GetReportFile")]
    public IResult ReportFile(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = ApiRoutes.ReportFile)] HttpRequest request,
        string id,
        string name,
        [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.ReportFile(services.Create(client), id, name);

    /// <summary><c>GET /api/diffs/{id}/items/{name}</c>.</summary>
    [Function("GetItem")]
    public IResult Item(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = ApiRoutes.Item)] HttpRequest request,
        string id,
        string name,
        [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Item(services.Create(client), id, name);

    /// <summary><c>GET /openapi.json</c>.</summary>
    [Function("GetOpenApi")]
    public IResult OpenApi([HttpTrigger(AuthorizationLevel.Function, "get", Route = ApiRoutes.OpenApi)] HttpRequest request, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Page(services.Create(client), ApiRoutes.OpenApi);
}
