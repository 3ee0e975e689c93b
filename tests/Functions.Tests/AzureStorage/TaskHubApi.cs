using DurableTask.AzureStorage;
using DurableTask.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>
/// A task hub behind gRPC on loopback, as the host's extension puts it before the worker, and the worker's own client of it.
/// </summary>
public sealed class TaskHubApi : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly GrpcChannel _channel;
    private readonly ServiceProvider _clients;

    private TaskHubApi(WebApplication server)
    {
        _server = server;
        _channel = GrpcChannel.ForAddress(server.Urls.Single());
        var services = new ServiceCollection().AddLogging();
        services.AddDurableTaskClient(builder => builder.UseGrpc(_channel).Configure(options => options.DataConverter = WorkflowTasks.Converter));
        _clients = services.BuildServiceProvider();
    }

    /// <summary>The client that functions are given.</summary>
    public DurableTaskClient Client => _clients.GetRequiredService<DurableTaskClient>();

    /// <summary>Starts it over a task hub.</summary>
    public static async Task<TaskHubApi> StartAsync(AzureStorageOrchestrationService backend, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services
            .AddSingleton<IOrchestrationService>(backend)
            .AddSingleton<IOrchestrationServiceClient>(backend)
            .Configure<TaskHubGrpcServerOptions>(options => options.Mode = TaskHubGrpcServerMode.ApiServerOnly)
            .AddSingleton<TaskHubGrpcServer>();
        var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.MapGrpcService<TaskHubGrpcServer>();
        await server.StartAsync(cancellationToken);
        return new TaskHubApi(server);
    }

    /// <summary>Stops answering.</summary>
    public Task StopAsync() => _server.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _clients.DisposeAsync();
        _channel.Dispose();
        await _server.DisposeAsync();
    }
}
