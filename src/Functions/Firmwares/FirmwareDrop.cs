using IpswDiff.Functions.Http;
using IpswDiff.Functions.Runs;
using IpswDiff.Service;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Functions.Firmwares;

/// <summary>
/// What follows from a dropped firmware: it is registered, and compared with its neighbours of the same product. The names of firmwares and
/// runs follow from their content, so that any event may come twice, late or at the same time as another.
/// </summary>
/// <param name="services">Makes the service.</param>
/// <param name="logger">Where it is logged.</param>
public sealed class FirmwareDrop(ServiceFactory services, ILogger<FirmwareDrop> logger)
{
    /// <summary>Registers the firmware <paramref name="name"/> and starts what is to be compared. Returns the runs that this call started.</summary>
    /// <exception cref="IOException">Storage failed; the event should be delivered again.</exception>
    public async Task<IReadOnlyList<string>> HandleAsync(string name, DurableTaskClient client, CancellationToken cancellationToken)
    {
        var service = services.Create(client);
        try
        {
            var firmware = await service.Firmwares.RegisterAsync(name, cancellationToken).ConfigureAwait(false);
            RunLog.Registered(logger, name, firmware.Id);
            var started = await service.Starts.StartPairsAsync(firmware, cancellationToken).ConfigureAwait(false);
            foreach (var run in started)
            {
                RunLog.Started(logger, run.Id, run.Old, run.New);
            }

            return [.. started.Select(run => run.Id)];
        }
        catch (ServiceFaultException fault)
        {
            // Delivering the event again would not make a firmware of it.
            RunLog.NotAFirmware(logger, name, fault.Message);
            return [];
        }
    }
}
