using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Unpacked;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Service;

/// <summary>Removes unpacked firmwares that no comparison has used for a while, at the start and once a day.</summary>
/// <param name="artifacts">The store that has them.</param>
/// <param name="retention">How long they stay after their last use.</param>
/// <param name="clock">The time.</param>
/// <param name="logger">Told what was removed, and when storage failed.</param>
internal sealed partial class UnpackedPurge(IArtifactStore artifacts, TimeSpan retention, TimeProvider clock, ILogger<UnpackedPurge> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        do
        {
            try
            {
                if (await UnpackedFirmwares.PurgeAsync(artifacts, clock.GetUtcNow() - retention, stoppingToken).ConfigureAwait(false) is > 0 and var count)
                {
                    Purged(logger, count);
                }
            }
            catch (IOException fault)
            {
                // Nothing hangs on it; tomorrow is another day.
                NotPurged(logger, fault);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Count} unpacked firmwares that no comparison uses any more")]
    private static partial void Purged(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unpacked firmwares could not be removed")]
    private static partial void NotPurged(ILogger logger, Exception fault);
}
