using IpswDiff.Diffing.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Service;

/// <summary>
/// Watches a folder: a firmware that is dropped there is registered, paired with the newest earlier build of the same product, and compared.
/// A file is taken once its size and time have stayed the same for a while and nobody else holds it open for writing.
/// </summary>
/// <param name="service">The service, whose store of firmwares is the folder.</param>
/// <param name="folder">The folder; its own files are looked at, not those of folders in it.</param>
/// <param name="every">How often to look; a file has to stay the same from one look to the next.</param>
/// <param name="log">Told of files that are no firmwares.</param>
public sealed partial class FirmwareFolderWatcher(DiffService service, string folder, TimeSpan every, ILogger<FirmwareFolderWatcher> log) : BackgroundService
{
    private readonly Dictionary<string, (long Size, DateTime Written)> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Size, DateTime Written)> _taken = new(StringComparer.Ordinal);

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
        var whole = new List<(string Name, (long Size, DateTime Written) State, FirmwareRecord Firmware)>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            var state = (file.Length, file.LastWriteTimeUtc);
            if (file.Name.EndsWith(".partial", StringComparison.Ordinal) || file.Name.StartsWith('.')
                || (_taken.TryGetValue(file.Name, out var taken) && taken == state))
            {
                continue;
            }

            var stays = _seen.TryGetValue(file.Name, out var before) && before == state;
            _seen[file.Name] = state;
            if (!stays || !CanBeRead(file))
            {
                continue;
            }

            try
            {
                whole.Add((file.Name, state, await service.RegisterAsync(file.Name, cancellationToken).ConfigureAwait(false)));
            }
            catch (ServiceFaultException fault)
            {
                NotTaken(log, file.Name, fault.Message);
                _taken[file.Name] = state;
            }
        }

        // All are registered before the first is paired, oldest build first: files that came together find each other in any order.
        // A file counts as taken when it is paired, so that storage which fails in between is asked again at the next look.
        foreach (var (name, state, firmware) in whole.OrderBy(found => BuildNumber.Parse(found.Firmware.Build)))
        {
            if (await service.PairAsync(firmware, cancellationToken).ConfigureAwait(false) is { } run)
            {
                Started(log, run.Id, run.Old, run.New);
            }

            _taken[name] = state;
        }
    }

    private static bool CanBeRead(FileInfo file)
    {
        try
        {
            // Sharing is refused to writers, so that a file which is still being written does not open where the system knows of it.
            using var stream = file.Open(FileMode.Open, FileAccess.Read, FileShare.Read);
            return true;
        }
        catch (Exception busy) when (busy is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the folder of firmwares cannot be looked at: {Reason}")]
    private static partial void LookFailed(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} is not taken: {Reason}")]
    private static partial void NotTaken(ILogger log, string name, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {Id} compares {Old} with {New}")]
    private static partial void Started(ILogger log, string id, string old, string @new);
}
