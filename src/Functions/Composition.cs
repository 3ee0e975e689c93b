using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IpswDiff.Cloud;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Functions.Firmwares;
using IpswDiff.Functions.Http;
using IpswDiff.Functions.Runs;
using IpswDiff.Service;
using Microsoft.Extensions.DependencyInjection;

namespace IpswDiff.Functions;

/// <summary>What the functions are made of.</summary>
public static class Composition
{
    /// <summary>The form of everything that travels between orchestrations and activities.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(WorkflowJson.Compact, new DefaultJsonTypeInfoResolver()),
    };

    /// <summary>Adds everything that the functions ask for.</summary>
    public static IServiceCollection AddIpswDiff(this IServiceCollection services, FunctionsOptions options, CloudStorage storage)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(storage);
        return services
            .AddSingleton(options)
            .AddSingleton(storage.Catalog)
            .AddSingleton(storage.Artifacts)
            .AddSingleton(storage.Firmwares)
            .AddSingleton<IRunStores>(new SharedRunStores(storage.Artifacts))
            .AddSingleton<IFirmwareOpener>(new StoredFirmwares(storage.Firmwares.Files, options.Inputs))
            .AddSingleton<DiffActivities>()
            .AddSingleton<RunGate>()
            .AddSingleton(_ => new FirmwareFetcher(storage.Firmwares, options.Service))
            .AddSingleton<ServiceFactory>()
            .AddSingleton<FirmwareDrop>();
    }
}
