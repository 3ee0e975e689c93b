using IpswDiff.Diffing.Storage;
using IpswDiff.Service.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Service.Hosting;

/// <summary>Where a service keeps everything.</summary>
/// <param name="Catalog">Runs and firmwares.</param>
/// <param name="Artifacts">What runs leave.</param>
/// <param name="Firmwares">Firmwares.</param>
public sealed record ServiceStorage(IRunCatalog Catalog, IArtifactStore Artifacts, IFirmwareStore Firmwares)
{
    /// <summary>Folders of this machine; what a process left in them that was killed in mid-write is removed.</summary>
    /// <param name="data">The folder of runs, reports and the catalogue.</param>
    /// <param name="firmwares">A folder of firmwares; one in <paramref name="data"/> where it is null.</param>
    /// <param name="cancellationToken">Gives up waiting for another process that writes the catalogue.</param>
    /// <exception cref="IOException">A folder cannot be made or read.</exception>
    public static async Task<ServiceStorage> InFoldersAsync(string data, string? firmwares, CancellationToken cancellationToken)
    {
        var folder = firmwares ?? Path.Combine(data, "firmwares");
        var artifacts = new FolderArtifactStore(Path.Combine(data, "artifacts"));
        var files = new FolderArtifactStore(folder);
        artifacts.RemoveAbandoned();
        files.RemoveAbandoned();
        var catalog = new FolderRunCatalog(Path.Combine(data, "catalog"));
        await catalog.RemoveAbandonedAsync(cancellationToken).ConfigureAwait(false);
        return new ServiceStorage(catalog, artifacts, new FolderFirmwareStore(folder, files));
    }
}

/// <summary>The service of one machine: comparisons in the process, and a server that only this machine reaches.</summary>
public static class LocalService
{
    /// <summary>Builds the application; whoever calls runs it.</summary>
    /// <param name="storage">Where everything is kept.</param>
    /// <param name="lookEvery">How often to look for firmwares that were dropped; null where nobody watches.</param>
    /// <param name="port">The port on the loopback addresses; 0 for any that is free.</param>
    /// <param name="options">What whoever runs the service decides.</param>
    public static WebApplication Build(ServiceStorage storage, TimeSpan? lookEvery, int port, ServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(options);

        // The empty builder reads no environment and no settings files: what the command line says is all there is.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            if (port == 0)
            {
                server.Listen(System.Net.IPAddress.Loopback, 0);
            }
            else
            {
                server.ListenLocalhost(port);
            }
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(services => new InProcessRunLauncher(
            storage.Catalog, storage.Artifacts, storage.Firmwares, options, TimeProvider.System, services.GetRequiredService<ILogger<InProcessRunLauncher>>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<InProcessRunLauncher>());
        builder.Services.AddSingleton(services => new DiffService(
            storage.Catalog, storage.Artifacts, storage.Firmwares, services.GetRequiredService<InProcessRunLauncher>(), options, TimeProvider.System));
        if (options.Unpack)
        {
            builder.Services.AddHostedService(services => new UnpackedPurge(
                storage.Artifacts, options.UnpackedRetention, TimeProvider.System, services.GetRequiredService<ILogger<UnpackedPurge>>()));
        }

        if (lookEvery is { } every)
        {
            builder.Services.AddHostedService(services => new FirmwareWatcher(
                services.GetRequiredService<DiffService>(), storage.Firmwares, every, services.GetRequiredService<ILogger<FirmwareWatcher>>()));
        }

        var app = builder.Build();
        app.UseIpswDiffSecurity(loopbackOnly: true);
        app.UseRouting();
        app.MapIpswDiffApi();
        app.MapIpswDiffPage();
        return app;
    }
}
