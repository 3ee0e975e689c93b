using System.Security.Cryptography;
using System.Text;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;

namespace IpswDiff.Service;

/// <summary>Registers firmwares, and finds what a firmware is to be compared with. Safe for concurrent use.</summary>
/// <param name="catalog">The catalogue.</param>
/// <param name="firmwares">Where firmwares lie.</param>
/// <param name="options">How large they may be.</param>
/// <param name="time">The clock.</param>
public sealed class FirmwareRegistry(IRunCatalog catalog, IFirmwareStore firmwares, ServiceOptions options, TimeProvider time)
{
    private readonly StoredFirmwares _opener = new(firmwares.Files, options.Inputs);

    /// <summary>
    /// Registers a firmware that lies in the store; the same firmware under another name keeps its first record.
    /// </summary>
    /// <exception cref="ServiceFaultException">
    /// It does not exist, is too large, damaged, or is no firmware with build and products.
    /// </exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<FirmwareRecord> RegisterAsync(string name, CancellationToken cancellationToken)
    {
        FirmwareRecord firmware;
        try
        {
            // Reading manifests blocks; whoever asks waits on a thread of the pool and not on the server's.
            firmware = await Task.Run(() => _opener.Describe(name, time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
        }
        catch (DiffFailedException fault)
        {
            throw new ServiceFaultException(FaultKind.Unprocessable, fault.Message);
        }

        if (firmware.Size > options.MaxFirmwareBytes)
        {
            throw ServiceFaultException.TooLarge(options);
        }

        await catalog.TryAddFirmwareAsync(firmware, cancellationToken).ConfigureAwait(false);

        // The record that is there counts, whoever added it: the names of runs are made from it.
        if (await catalog.FindFirmwareAsync(firmware.Id, cancellationToken).ConfigureAwait(false) is not { } known)
        {
            return firmware;
        }

        // The file it was first registered from may be gone; the record then follows the firmware.
        if (known.Value.Name != name && !await firmwares.Files.ExistsAsync(known.Value.Name, cancellationToken).ConfigureAwait(false))
        {
            var moved = known.Value with { Name = name };
            return await catalog.TryUpdateFirmwareAsync(moved, known.Version, cancellationToken).ConfigureAwait(false) ? moved : known.Value;
        }

        return known.Value;
    }

    /// <summary>
    /// What is to be compared because of a firmware: for each of its products the newest earlier build with it, and it
    /// with the next later build, so that firmwares may come in any order. Each pair once.
    /// </summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<IReadOnlyList<(FirmwareRecord Old, FirmwareRecord New)>> FindPairsAsync(FirmwareRecord firmware, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(firmware);
        var pairs = new List<(FirmwareRecord Old, FirmwareRecord New)>();
        foreach (var product in firmware.Products)
        {
            var (earlier, later) = await FindNeighboursAsync(product, firmware, cancellationToken).ConfigureAwait(false);
            foreach (var (old, @new) in new[] { (earlier, firmware), (firmware, later) })
            {
                if (old is not null && @new is not null && !pairs.Exists(pair => pair.Old.Id == old.Id && pair.New.Id == @new.Id))
                {
                    pairs.Add((old, @new));
                }
            }
        }

        return pairs;
    }

    /// <summary>
    /// The name of the run that compares the two because they are neighbours, the same whoever asks and whenever.
    /// </summary>
    public static string RunId(FirmwareRecord old, FirmwareRecord @new)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(@new);
        var later = old.RegisteredAt > @new.RegisteredAt ? old.RegisteredAt : @new.RegisteredAt;
        var tail = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{old.Id}\n{@new.Id}")).AsSpan(0, 4));
        return RunRecord.FirstIdAt(later)[..^8] + tail;
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
}
