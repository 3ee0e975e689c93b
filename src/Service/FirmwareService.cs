using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service;

/// <summary>Firmwares: uploaded, registered, listed. Safe for concurrent use.</summary>
/// <param name="catalog">The catalogue.</param>
/// <param name="firmwares">Where firmwares lie.</param>
/// <param name="registry">Registers them.</param>
/// <param name="options">What whoever runs the service decided.</param>
public sealed class FirmwareService(IRunCatalog catalog, IFirmwareStore firmwares, FirmwareRegistry registry, ServiceOptions options)
{
    private static readonly TimeSpan StallLimit = TimeSpan.FromMinutes(2);

    /// <summary>Takes a firmware, and registers it once it is there as a whole.</summary>
    /// <exception cref="ServiceFaultException">
    /// The name is invalid or taken, the body too long, or it is no firmware; nothing is kept then.
    /// </exception>
    /// <exception cref="IOException">Storage or the sender failed; nothing is kept.</exception>
    public async Task<FirmwareRecord> UploadAsync(string name, Stream body, CancellationToken cancellationToken)
    {
        ServiceNames.CheckFirmware(name);
        var created = await firmwares.Files.TryCreateAsync(
            name,
            (target, token) => BoundedCopy.RunAsync(body, target, options.MaxFirmwareBytes, StallLimit, null, () => ServiceFaultException.TooLarge(options), token),
            cancellationToken).ConfigureAwait(false);
        if (!created)
        {
            throw Taken(name);
        }

        try
        {
            return await RegisterAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (ServiceFaultException)
        {
            await firmwares.Files.DeleteAsync(name, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Where a firmware may be uploaded to. The answer for a store that takes streams is the service's own address, for
    /// <see cref="UploadAsync"/>; otherwise a signed one of the storage, after which <see cref="RegisterAsync"/> is
    /// called.
    /// </summary>
    /// <exception cref="ServiceFaultException">The name is invalid or taken.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<UploadView> PrepareUploadAsync(string name, CancellationToken cancellationToken)
    {
        ServiceNames.CheckFirmware(name);
        if (await firmwares.Files.ExistsAsync(name, cancellationToken).ConfigureAwait(false))
        {
            throw Taken(name);
        }

        return await firmwares.CreateUploadAddressAsync(name, cancellationToken).ConfigureAwait(false) is { } upload
            ? new UploadView(UploadKind.Blocks, upload.Address.AbsoluteUri, upload.ExpiresAt, upload.BlockBytes)
            : new UploadView(UploadKind.Stream, $"{ApiRoutes.Firmwares}/{name}", null, null);
    }

    /// <summary>
    /// Registers a firmware that lies in the store; the same firmware under another name keeps its first record.
    /// </summary>
    /// <exception cref="ServiceFaultException">
    /// It does not exist, is too large, damaged, or is no firmware with build and products.
    /// </exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<FirmwareRecord> RegisterAsync(string name, CancellationToken cancellationToken)
    {
        ServiceNames.Check(name);
        return await registry.RegisterAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All firmwares, by name.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<FirmwareList> ListAsync(CancellationToken cancellationToken)
    {
        var list = new List<FirmwareRecord>();
        await foreach (var firmware in catalog.ListFirmwaresAsync(cancellationToken).ConfigureAwait(false))
        {
            list.Add(firmware);
        }

        return new FirmwareList(list);
    }

    private static ServiceFaultException Taken(string name) => new(FaultKind.Conflict, $"there is a firmware named {name} already");
}
