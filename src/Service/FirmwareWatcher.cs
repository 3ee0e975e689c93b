using IpswDiff.Diffing.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Service;

/// <summary>
/// Watches the firmwares of a folder or a container by looking at them again and again: one that is dropped there is
/// registered, and compared with its neighbours of the same product. A firmware is taken once its version has stayed
/// the same from one look to the next.
/// </summary>
/// <param name="service">The service.</param>
/// <param name="firmwares">Its store of firmwares.</param>
/// <param name="every">How often to look.</param>
/// <param name="log">Told of what is no firmware and of runs that start.</param>
public sealed partial class FirmwareWatcher(DiffService service, IFirmwareStore firmwares, TimeSpan every, ILogger<FirmwareWatcher> log) : BackgroundService
{
    // What was seen is small, and a store has no limit: beyond this many it is looked at and not taken, which the log
    // says.
    private const int MostFirmwares = 20_000;

    private Dictionary<string, string> _seen = new(StringComparer.Ordinal);
    private Dictionary<string, string> _taken = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(every);
        do
        {
            try
            {
                await LookAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                LookFailed(log, fault.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        var settled = new List<string>();
        await foreach (var file in firmwares.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (seen.Count == MostFirmwares)
            {
                TooMany(log, MostFirmwares);
                break;
            }

            seen[file.Name] = file.Version;
            if (_taken.TryGetValue(file.Name, out var version) && version == file.Version)
            {
                taken[file.Name] = version;
            }
            else if (_seen.TryGetValue(file.Name, out var before) && before == file.Version)
            {
                settled.Add(file.Name);
            }
        }

        // What has gone is forgotten.
        _seen = seen;
        _taken = taken;
        var whole = new List<(string Name, FirmwareRecord Firmware)>();
        foreach (var name in settled)
        {
            try
            {
                whole.Add((name, await service.Firmwares.RegisterAsync(name, cancellationToken).ConfigureAwait(false)));
            }
            catch (ServiceFaultException fault)
            {
                NotTaken(log, name, fault.Message);
                _taken[name] = seen[name];
            }
        }

        // All are registered before the first is paired, oldest build first: files that came together find each other
        // in any order. A file counts as taken when it is paired, so that storage which fails in between is asked again
        // at the next look.
        foreach (var (name, firmware) in whole.OrderBy(found => BuildNumber.Parse(found.Firmware.Build)))
        {
            foreach (var run in await service.Starts.StartPairsAsync(firmware, cancellationToken).ConfigureAwait(false))
            {
                Started(log, run.Id, run.Old, run.New);
            }

            _taken[name] = seen[name];
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the firmwares cannot be looked at: {Reason}")]
    private static partial void LookFailed(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} is not taken: {Reason}")]
    private static partial void NotTaken(ILogger log, string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "there are more than {Most} firmwares; the others are not looked at")]
    private static partial void TooMany(ILogger log, int most);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {Id} compares {Old} with {New}")]
    private static partial void Started(ILogger log, string id, string old, string @new);
}
