using IpswDiff.Diffing.Storage;
using IpswDiff.Service.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Service;

/// <summary>The service of one machine: folders for storage, comparisons in the process, and a server that only this machine reaches.</summary>
public static class LocalService
{
    /// <summary>Builds the application; whoever calls runs it.</summary>
    /// <param name="data">The folder of runs, reports and the catalogue.</param>
    /// <param name="firmwares">A folder of firmwares to watch; <paramref name="data"/> keeps those that are uploaded where it is null.</param>
    /// <param name="port">The port on the loopback addresses; 0 for any that is free.</param>
    /// <param name="options">What whoever runs the service decides.</param>
    /// <param name="lookEvery">How often the folder of firmwares is looked at.</param>
    /// <exception cref="IOException">A folder cannot be made.</exception>
    public static WebApplication Build(string data, string? firmwares, int port, ServiceOptions options, TimeSpan lookEvery)
    {
        ArgumentNullException.ThrowIfNull(options);
        var catalog = new FolderRunCatalog(Path.Combine(data, "catalog"));
        var artifacts = new FolderArtifactStore(Path.Combine(data, "artifacts"));
        var folder = firmwares ?? Path.Combine(data, "firmwares");
        var store = new FolderFirmwareStore(folder);

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
        builder.Services.AddSingleton(_ => new InProcessRunLauncher(catalog, artifacts, store, options, TimeProvider.System));
        builder.Services.AddHostedService(services => services.GetRequiredService<InProcessRunLauncher>());
        builder.Services.AddSingleton(services => new DiffService(
            catalog, artifacts, store, services.GetRequiredService<InProcessRunLauncher>(), options, TimeProvider.System));
        if (firmwares is not null)
        {
            builder.Services.AddHostedService(services => new FirmwareWatcher(
                services.GetRequiredService<DiffService>(), store, lookEvery, services.GetRequiredService<ILogger<FirmwareWatcher>>()));
        }

        var app = builder.Build();
        app.UseIpswDiffSecurity(loopbackOnly: true);
        app.UseRouting();
        app.MapIpswDiffApi();
        app.MapIpswDiffPage();
        return app;
    }
}
