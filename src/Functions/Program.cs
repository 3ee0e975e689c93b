using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure.Core.Serialization;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using IpswDiff.Cloud;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Functions;
using IpswDiff.Functions.Firmwares;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;

var builder = FunctionsApplication.CreateBuilder(args);
var options = FunctionsOptions.Read(builder.Configuration);
var storage = CloudStorage.Open(options.Storage);
await storage.PrepareAsync(CancellationToken.None).ConfigureAwait(false);

builder.Services
    .AddSingleton(options)
    .AddSingleton(storage.Catalog)
    .AddSingleton(storage.Artifacts)
    .AddSingleton<IRunStores>(new SharedRunStores(storage.Artifacts))
    .AddSingleton<IFirmwareOpener>(new BlobFirmwares(storage, new InputOptions()))
    .AddSingleton<DiffActivities>()
    .AddSingleton<FirmwareDrop>()
    .Configure<WorkerOptions>(worker => worker.Serializer = new JsonObjectSerializer(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(WorkflowJson.Compact, new DefaultJsonTypeInfoResolver()),
    }));

var telemetry = builder.Services.AddOpenTelemetry().UseFunctionsWorkerDefaults();
if (builder.Configuration[AppSettings.Telemetry] is { Length: > 0 } connection)
{
    telemetry.UseAzureMonitorExporter(exporter =>
    {
        exporter.ConnectionString = connection;
        exporter.Credential = new DefaultAzureCredential(
            new DefaultAzureCredentialOptions { ManagedIdentityClientId = options.Storage.ManagedIdentityClientId });
    });
}

await builder.Build().RunAsync().ConfigureAwait(false);
