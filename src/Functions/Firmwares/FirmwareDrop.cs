using System.Security.Cryptography;
using System.Text;
using IpswDiff.Diffing;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Formats;
using IpswDiff.Functions.Runs;
using IpswDiff.Functions.Workflow;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Functions.Firmwares;

/// <summary>
/// What follows from a dropped firmware: it is registered, and compared with its neighbours of the same product: the newest earlier build,
/// and, where builds arrive out of order, the next later one. The names of firmwares and runs follow from their content, so that any event
/// may come twice, late or at the same time as another.
/// </summary>
/// <param name="catalog">The catalogue.</param>
/// <param name="stores">Where the artifacts of runs lie.</param>
/// <param name="opener">Opens firmwares.</param>
/// <param name="options">The settings.</param>
/// <param name="logger">Where it is logged.</param>
public sealed class FirmwareDrop(IRunCatalog catalog, IRunStores stores, IFirmwareOpener opener, FunctionsOptions options, ILogger<FirmwareDrop> logger)
{
    /// <summary>Registers the firmware <paramref name="name"/> and starts what is to be compared. Returns the runs that this call started.</summary>
    /// <exception cref="IOException">Storage failed; the event should be delivered again.</exception>
    public async Task<IReadOnlyList<string>> HandleAsync(string name, long size, DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        var found = Describe(name, size);
        if (found is null)
        {
            return [];
        }

        if (await catalog.TryAddFirmwareAsync(found, cancellationToken).ConfigureAwait(false))
        {
            RunLog.Registered(logger, name, found.Id);
        }

        // The record that is there counts, whoever added it: the names of runs are made from it.
        var firmware = (await catalog.FindFirmwareAsync(found.Id, cancellationToken).ConfigureAwait(false))?.Value ?? found;
        var started = new List<string>();
        foreach (var product in firmware.Products)
        {
            var (earlier, later) = await FindNeighboursAsync(product, firmware, cancellationToken).ConfigureAwait(false);
            foreach (var (old, @new) in new[] { (earlier, firmware), (firmware, later) })
            {
                if (old is not null && @new is not null && await StartAsync(old, @new, client, cancellationToken).ConfigureAwait(false) is { } run)
                {
                    started.Add(run);
                }
            }
        }

        return started;
    }

    /// <summary>The name of the run that compares the two, the same whoever asks and whenever.</summary>
    public static string RunId(FirmwareRecord old, FirmwareRecord @new)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(@new);
        var later = old.RegisteredAt > @new.RegisteredAt ? old.RegisteredAt : @new.RegisteredAt;
        return RunRecord.FirstIdAt(later)[..^8] + Digest($"{old.Id}\n{@new.Id}")[..8];
    }

    private FirmwareRecord? Describe(string name, long size)
    {
        try
        {
            using var input = opener.Open(name);
            if (input.Info is not { Build: { } build, Products: { Count: > 0 } products })
            {
                RunLog.NotAFirmware(logger, name, "it names no build or no product");
                return null;
            }

            // The digests of the manifest stand for the content; the same firmware under another name is the same firmware.
            var digests = input.Volumes.Select(volume => $"{volume.Label} {volume.Digest}").Order(StringComparer.Ordinal);
            var identity = string.Join('\n', [build, .. products.Order(StringComparer.Ordinal), .. digests]);
            return new FirmwareRecord
            {
                Id = $"{build}-{Digest(identity)[..16]}",
                Name = name,
                Version = input.Info.Version,
                Build = build,
                Products = products,
                Size = size,
                RegisteredAt = DateTimeOffset.UtcNow,
            };
        }
        catch (Exception fault) when (fault is FirmwareFormatException or DiffFailedException)
        {
            // Delivering the event again would not make a firmware of it.
            RunLog.NotAFirmware(logger, name, fault.Message);
            return null;
        }
    }

    private async Task<(FirmwareRecord? Earlier, FirmwareRecord? Later)> FindNeighboursAsync(
        string product, FirmwareRecord firmware, CancellationToken cancellationToken)
    {
        var build = BuildNumber.Parse(firmware.Build);
        FirmwareRecord? later = null;
        await foreach (var other in catalog.ListFirmwaresAsync(product, null, cancellationToken).ConfigureAwait(false))
        {
            var otherBuild = BuildNumber.Parse(other.Build);
            if (otherBuild > build)
            {
                later = other;
            }
            else if (otherBuild < build)
            {
                return (other, later);
            }
        }

        return (null, later);
    }

    private async Task<string?> StartAsync(FirmwareRecord old, FirmwareRecord @new, DurableTaskClient client, CancellationToken cancellationToken)
    {
        var id = RunId(old, @new);
        await RunArtifacts.CreateRequestAsync(
            stores.Work(id),
            new DiffRequest
            {
                Options = new DiffOptions { OldPath = old.Name, NewPath = @new.Name, Strings = true, Budget = options.Budget },
                Formats = ReportFormats.Names,
                MaxConcurrency = options.MaxConcurrency,
            },
            cancellationToken).ConfigureAwait(false);
        var isNew = await catalog.TryAddRunAsync(
            new RunRecord
            {
                Id = id,
                Old = old.Name,
                New = @new.Name,
                OldFirmware = old.Id,
                NewFirmware = @new.Id,
                CreatedAt = DateTimeOffset.UtcNow,
            },
            cancellationToken).ConfigureAwait(false);

        // A call that added the run and died has not started it; one that comes later does.
        if (!isNew && (await catalog.FindRunAsync(id, cancellationToken).ConfigureAwait(false))?.Value.State != RunState.Queued)
        {
            return null;
        }

        if (!isNew && await client.GetInstanceAsync(id, cancellationToken).ConfigureAwait(false) is not null)
        {
            return null;
        }

        await client.ScheduleNewOrchestrationInstanceAsync(Orchestrations.Run, null, new StartOrchestrationOptions(id), cancellationToken).ConfigureAwait(false);
        RunLog.Started(logger, id, old.Name, @new.Name);
        return id;
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
