using Azure.Core.Serialization;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using IpswDiff.Cloud;
using IpswDiff.Functions;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;

var builder = FunctionsApplication.CreateBuilder(args).ConfigureFunctionsWebApplication();
var options = FunctionsOptions.Read(builder.Configuration);
var storage = CloudStorage.Open(options.Storage);
await storage.PrepareAsync(CancellationToken.None).ConfigureAwait(false);

builder.Services
    .AddIpswDiff(options, storage)
    .Configure<WorkerOptions>(worker => worker.Serializer = new JsonObjectSerializer(Composition.Json));

// Where nothing is exported the host prints what is logged here; with the defaults for OpenTelemetry it would leave that to the exporter.
if (builder.Configuration[AppSettings.Telemetry] is { Length: > 0 } connection)
{
    builder.Services.AddOpenTelemetry().UseFunctionsWorkerDefaults().UseAzureMonitorExporter(exporter =>
    {
        exporter.ConnectionString = connection;
        exporter.Credential = new DefaultAzureCredential(
            new DefaultAzureCredentialOptions { ManagedIdentityClientId = options.Storage.ManagedIdentityClientId });
    });
}

await builder.Build().RunAsync().ConfigureAwait(false);
