using Azure.Core;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace IpswDiff.Functions;

/// <summary>What is told to Application Insights.</summary>
public static class Telemetry
{
    /// <summary>
    /// The spans of the client of Durable Functions, which the runs' own hang on: the extension makes those in the host and takes the parent that the
    /// client sends. Without this source there would be a gap between a request or drop and its run.
    /// </summary>
    public const string DurableSource = "Microsoft.DurableTask";

    /// <summary>Adds the spans that belong to runs.</summary>
    public static TracerProviderBuilder AddRuns(this TracerProviderBuilder tracing)
    {
        ArgumentNullException.ThrowIfNull(tracing);
        return tracing.AddSource(DurableSource);
    }

    /// <summary>Sends traces, logs and metrics of this worker there.</summary>
    /// <param name="services">The services.</param>
    /// <param name="connection">The connection string of Application Insights.</param>
    /// <param name="credential">Who sends.</param>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, string connection, TokenCredential credential)
    {
        services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(tracing => tracing.AddRuns())
            .UseAzureMonitorExporter(exporter =>
            {
                exporter.ConnectionString = connection;
                exporter.Credential = credential;
            });
        return services;
    }
}
