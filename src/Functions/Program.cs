using Azure.Core.Serialization;
using IpswDiff.Cloud;
using IpswDiff.Functions;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = FunctionsApplication.CreateBuilder(args).ConfigureFunctionsWebApplication();
var options = FunctionsOptions.Read(builder.Configuration);
var storage = CloudStorage.Open(options.Storage);
if (options.Storage.ConnectionString is not null)
{
    // In the cloud infra/bicep makes containers and tables, and no start waits for storage.
    await storage.PrepareAsync(CancellationToken.None).ConfigureAwait(false);
}

builder.Services
    .AddIpswDiff(options, storage)
    .Configure<WorkerOptions>(worker => worker.Serializer = new JsonObjectSerializer(Composition.Json));

// A line at the begin and one at the end of every request would tell what the host's own record of it tells.
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);

// Where nothing is exported the host prints what is logged here; with the defaults for OpenTelemetry it would leave that to the exporter.
if (builder.Configuration[AppSettings.Telemetry] is { Length: > 0 } connection)
{
    builder.Services.AddTelemetry(connection, CloudStorage.Credential(options.Storage.ManagedIdentityClientId));
}

await builder.Build().RunAsync().ConfigureAwait(false);
