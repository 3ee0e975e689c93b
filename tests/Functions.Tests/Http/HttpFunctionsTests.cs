using System.Net;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using IpswDiff.Diffing.Storage;
using IpswDiff.Functions.Http;
using IpswDiff.Service;
using IpswDiff.Service.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Functions.Tests.Http;

/// <summary>The functions behind HTTP triggers: the endpoints of the service, with comparisons that are orchestrations.</summary>
public class HttpFunctionsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static (MethodInfo Method, HttpTriggerAttribute Trigger)[] Triggers { get; } =
    [
        .. from type in typeof(AppSettings).Assembly.GetTypes()
           from method in type.GetMethods()
           from parameter in method.GetParameters()
           let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
           where trigger is not null
           select (method, trigger),
    ];

    [Fact]
    public async Task Every_endpoint_of_the_service_has_a_function_that_asks_for_a_key_and_a_description()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.MapIpswDiffApi();
        var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(
                method => $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/')}")).ToArray();
        var functions = Triggers.SelectMany(function => function.Trigger.Methods!.Select(method => $"{method.ToUpperInvariant()} /{function.Trigger.Route}"));
        Assert.Equal([.. endpoints.Append("GET /openapi.json").Order(StringComparer.Ordinal)], functions.Order(StringComparer.Ordinal));
        Assert.All(Triggers, function => Assert.Equal(AuthorizationLevel.Function, function.Trigger.AuthLevel));

        await using var text = typeof(DiffApi).Assembly.GetManifestResourceStream(ApiRoutes.OpenApi)!;
        using var description = await JsonDocument.ParseAsync(text, cancellationToken: Token);
        var described =
            from path in description.RootElement.GetProperty("paths").EnumerateObject()
            from method in path.Value.EnumerateObject()
            where method.Name != "parameters"
            select $"{method.Name.ToUpperInvariant()} {path.Name}";
        Assert.Equal(
            endpoints.Select(route => route.Replace("{*", "{", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_comparison_is_started_followed_read_and_removed()
    {
        await using var host = await DurableHost.StartAsync();
        await using var app = await ServeAsync(host);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        var key = Convert.ToBase64String(new byte[32]);
        var asked = new { old = SamplePair.Old, @new = SamplePair.New, oldKey = key };
        using var refused = await client.PostAsJsonAsync("api/diffs", asked, Token);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("settings", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        using var started = await client.PostAsJsonAsync("api/diffs", new { old = SamplePair.Old, @new = SamplePair.New }, Token);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var location = started.Headers.Location!.OriginalString;
        var id = location[(location.LastIndexOf('/') + 1)..];
        Assert.Equal([$"</runtime/webhooks/durabletask/instances/{id}>; rel=\"monitor\""], started.Headers.GetValues("Link"));

        await host.Engine.Client.WaitForInstanceCompletionAsync(id, Token);
        var view = await client.GetFromJsonAsync<JsonElement>(location, Token);
        Assert.Equal("completed", view.GetProperty("run").GetProperty("state").GetString(), ignoreCase: true);
        Assert.True((await client.GetFromJsonAsync<JsonElement>(location + "/report.json", Token)).GetProperty("sections").GetArrayLength() > 0);
        Assert.StartsWith("# ", await client.GetStringAsync(location + "/report/README.md", Token), StringComparison.Ordinal);
        Assert.Equal("3.1", (await client.GetFromJsonAsync<JsonElement>("openapi.json", Token)).GetProperty("openapi").GetString()![..3]);

        using var removed = await client.DeleteAsync(location, Token);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Null(await host.Engine.Client.GetInstanceAsync(id, Token));
        using var gone = await client.GetAsync(location, Token);
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (gone.StatusCode, gone.Content.Headers.ContentType!.MediaType));
        Assert.False(gone.Headers.Contains("Link"));
    }

    [Fact]
    public async Task A_run_says_how_far_it_is_and_can_be_cancelled()
    {
        // All shards but the first fail and wait for their next attempt.
        await using var host = await DurableHost.StartAsync((shard, _) => shard.Number == 0 ? null : new IOException("storage is away"));
        await using var app = await ServeAsync(host);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var id = await host.RequestAsync(1 << 18);
        await new Workflow.DurableRunLauncher(host.Engine.Client).LaunchAsync(id, Token);
        JsonElement run;
        do
        {
            await Task.Delay(50, Token);
            run = (await client.GetFromJsonAsync<JsonElement>("api/diffs/" + id, Token)).GetProperty("run");
            Assert.False(run.TryGetProperty("endedAt", out _), run.ToString());
        }
        while (!run.TryGetProperty("shardsDone", out var done) || done.GetInt32() == 0);
        Assert.Equal("diff", run.GetProperty("phase").GetString());
        Assert.True(run.GetProperty("shardsPlanned").GetInt32() > run.GetProperty("shardsDone").GetInt32());
        Assert.True(run.GetProperty("bytesPlanned").GetInt64() > run.GetProperty("bytesDone").GetInt64());

        using var cancelled = await client.DeleteAsync("api/diffs/" + id, Token);
        Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        var record = (await host.Catalog.FindRunAsync(id, Token))!.Value;
        Assert.Equal(
            (RunState.Cancelled, run.GetProperty("shardsDone").GetInt32(), run.GetProperty("shardsPlanned").GetInt32(), run.GetProperty("bytesPlanned").GetInt64()),
            (record.State, record.ShardsDone, record.ShardsPlanned, record.BytesPlanned));
        await foreach (var instance in host.Engine.Client.GetAllInstancesAsync(new OrchestrationQuery { InstanceIdPrefix = id }).WithCancellation(Token))
        {
            Assert.Equal(OrchestrationRuntimeStatus.Terminated, instance.RuntimeStatus);
        }
    }

    // What the host does with the functions: it routes to them and hands them request, values of the route and the client.
    private static async Task<WebApplication> ServeAsync(DurableHost host)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new ServiceFactory(host.Catalog, host.Artifacts, host.FirmwareStore, host.Options));
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        foreach (var (method, trigger) in Triggers)
        {
            var functions = ActivatorUtilities.CreateInstance(app.Services, method.DeclaringType!);
            app.MapMethods("/" + trigger.Route, trigger.Methods!, (RequestDelegate)(http => ((IResult)method.Invoke(
                functions,
                [
                    .. method.GetParameters().Select(parameter => parameter.ParameterType == typeof(HttpRequest) ? http.Request
                        : parameter.ParameterType == typeof(DurableTaskClient) ? host.Engine.Client
                        : http.Request.RouteValues[parameter.Name!]),
                ])!).ExecuteAsync(http)));
        }

        await app.StartAsync(Token);
        return app;
    }
}
