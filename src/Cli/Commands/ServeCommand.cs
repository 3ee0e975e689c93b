using System.CommandLine;
using IpswDiff.Diffing;
using IpswDiff.Service;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace IpswDiff.Cli.Commands;

/// <summary><c>ipswdiff serve</c>.</summary>
internal static class ServeCommand
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "Folder of runs, reports and the catalogue.", DefaultValueFactory = _ => "ipswdiff-data" };
        var firmwares = new Option<string?>("--firmwares") { Description = "Folder to watch: a firmware dropped there is compared with the build before it." };
        var port = new Option<int>("--port") { Description = "Port on the loopback addresses; 0 takes any that is free.", DefaultValueFactory = _ => 8642 };
        var hosts = new Option<string[]?>("--allow-host") { Description = "A host that firmwares may be fetched from, instead of Apple's; may be repeated." };
        var size = new Option<string>("--max-firmware") { Description = "The largest firmware that is taken.", DefaultValueFactory = _ => "32G" };
        var memory = new Option<string>("--memory-limit") { Description = "Limit of resident memory, for example 512M.", DefaultValueFactory = _ => "512M" };
        var command = new Command("serve", "Serves comparisons to this machine: an HTTP API and a page.") { data, firmwares, port, hosts, size, memory };
        command.SetAction((parsed, cancellationToken) => Guarded.RunAsync(() => RunAsync(
            parsed.GetValue(data)!,
            parsed.GetValue(firmwares),
            parsed.GetValue(port),
            new ServiceOptions
            {
                AllowedHosts = parsed.GetValue(hosts) is { Length: > 0 } named ? named : new ServiceOptions().AllowedHosts,
                MaxFirmwareBytes = Size("--max-firmware", parsed.GetValue(size)!, 1),
                Budget = MemoryBudget.Divide(Size("--memory-limit", parsed.GetValue(memory)!, MemoryBudget.MinimumBytes), Environment.ProcessorCount),
            },
            cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(string data, string? firmwares, int port, ServiceOptions options, CancellationToken cancellationToken)
    {
        if (port is < 0 or > 65535)
        {
            throw new ArgumentException($"--port takes a number from 0 to 65535; it was given {port}");
        }

        var app = LocalService.Build(data, firmwares, port, options, LookEvery);
        await using (app)
        {
            await app.StartAsync(cancellationToken);
            await Console.Out.WriteLineAsync($"ipswdiff serves {string.Join(", ", app.Urls)}");
            await app.WaitForShutdownAsync(cancellationToken);
        }

        return ExitStatus.Done;
    }

    private static long Size(string option, string text, long least) =>
        ByteSize.TryParse(text, out var bytes) && bytes >= least
            ? bytes
            : throw new ArgumentException($"{option} takes a size of at least {least} bytes, for example 512M; it was given '{text}'");
}
