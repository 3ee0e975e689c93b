using System.CommandLine;
using IpswDiff.Cli.Output;
using IpswDiff.Cloud;
using IpswDiff.Diffing.Options;
using IpswDiff.Service;
using IpswDiff.Service.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace IpswDiff.Cli.Commands;

/// <summary><c>ipswdiff serve</c>.</summary>
internal static class ServeCommand
{
    private const string DefaultData = "ipswdiff-data";

    // A look at a container is a request that is paid for.
    private static readonly TimeSpan LookAtFolderEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAtContainerEvery = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var data = new Option<string?>("--data") { Description = $"Folder of runs, reports and the catalogue; {DefaultData} without it." };
        var force = ForceOption.Create();
        var firmwares = new Option<string?>("--firmwares") { Description = "Folder to watch: a firmware dropped there is compared with the build before it." };
        var storage = new Option<string?>("--storage")
        {
            Description = "In place of both folders: a connection string of an Azure Storage account, UseDevelopmentStorage=true, or the account's blob address, used with your Azure identity.",
        };
        var port = new Option<int>("--port") { Description = "Port on the loopback addresses; 0 takes any that is free.", DefaultValueFactory = _ => 8642 };
        var hosts = new Option<string[]?>("--allow-host") { Description = "A host that firmwares may be fetched from, instead of Apple's; may be repeated." };
        var size = new Option<string>("--max-firmware") { Description = "The largest firmware that is taken.", DefaultValueFactory = _ => "32G" };
        var memory = new Option<string>("--memory-limit") { Description = "Limit of resident memory, for example 512M.", DefaultValueFactory = _ => "512M" };
        var unpack = new Option<bool>("--unpack") { Description = "Unpack firmwares into storage first, once for all comparisons; without it they are read where they lie." };
        var command = new Command("serve", "Serves comparisons to this machine: an HTTP API and a page.") { data, force, firmwares, storage, port, hosts, size, memory, unpack };
        var images = new ImageArguments();
        images.AddKeysTo(command);
        command.SetAction((parsed, cancellationToken) => Guarded.RunAsync(() => RunAsync(
            new Place(parsed.GetValue(data), parsed.GetValue(force), parsed.GetValue(firmwares), parsed.GetValue(storage)),
            parsed.GetValue(port),
            new ServiceOptions
            {
                AllowedHosts = parsed.GetValue(hosts) is { Length: > 0 } named ? named : new ServiceOptions().AllowedHosts,
                MaxFirmwareBytes = Size("--max-firmware", parsed.GetValue(size)!, 1),
                Unpack = parsed.GetValue(unpack),
                Inputs = images.Inputs(parsed),
                Budget = MemoryBudget.Divide(Size("--memory-limit", parsed.GetValue(memory)!, MemoryBudget.MinimumBytes), Environment.ProcessorCount),
            },
            cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(Place place, int port, ServiceOptions options, CancellationToken cancellationToken)
    {
        if (port is < 0 or > 65535)
        {
            throw new ArgumentException($"--port takes a number from 0 to 65535; it was given {port}");
        }

        var (storage, lookEvery) = await OpenAsync(place, cancellationToken);
        var app = LocalService.Build(storage, lookEvery, port, options);
        await using (app)
        {
            await app.StartAsync(cancellationToken);
            await Console.Out.WriteLineAsync($"ipswdiff serves {string.Join(", ", app.Urls)}");
            await app.WaitForShutdownAsync(cancellationToken);
        }

        return ExitStatus.Done;
    }

    private static async Task<(ServiceStorage Storage, TimeSpan? LookEvery)> OpenAsync(Place place, CancellationToken cancellationToken)
    {
        if (place.Storage is not { } account)
        {
            var data = OutputFolder.Claim("--data", place.Data ?? DefaultData, OutputKind.Service, place.Force);
            return (await ServiceStorage.InFoldersAsync(data, place.Firmwares, cancellationToken), place.Firmwares is null ? null : LookAtFolderEvery);
        }

        if (place.Data is not null || place.Firmwares is not null)
        {
            throw new ArgumentException("--storage takes the place of --data and --firmwares; give it alone");
        }

        var cloud = CloudStorage.Open(CloudOptions.Of(account));
        await cloud.PrepareAsync(cancellationToken);
        return (new ServiceStorage(cloud.Catalog, cloud.Artifacts, cloud.Firmwares), LookAtContainerEvery);
    }

    private static long Size(string option, string text, long least) =>
        ByteSize.TryParse(text, out var bytes) && bytes >= least
            ? bytes
            : throw new ArgumentException($"{option} takes a size of at least {least} bytes, for example 512M; it was given '{text}'");

    private sealed record Place(string? Data, bool Force, string? Firmwares, string? Storage);
}
