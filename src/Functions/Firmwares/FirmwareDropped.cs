using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Firmwares;

/// <summary>The function that Event Grid tells about blobs in the container of firmwares.</summary>
/// <param name="drop">What follows from a firmware.</param>
public sealed class FirmwareDropped(FirmwareDrop drop)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(10);

    /// <summary>Waits until the blob is whole, and hands it on. Fails where the copying of it failed, so that the event is kept as poison.</summary>
    [Function("FirmwareDropped")]
    public async Task RunAsync(
        [BlobTrigger("firmwares/{name}", Source = BlobTriggerSource.EventGrid, Connection = AppSettings.Storage)] BlobClient blob,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        var properties = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;

        // A blob that storage copies from elsewhere is visible before it is whole.
        while (properties.BlobCopyStatus == CopyStatus.Pending)
        {
            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
            properties = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
        }

        if (properties.BlobCopyStatus is CopyStatus.Failed or CopyStatus.Aborted)
        {
            throw new IOException($"{name}: it was copied in part only ({properties.CopyStatusDescription}); upload it again");
        }

        await drop.HandleAsync(name, client, cancellationToken).ConfigureAwait(false);
    }
}
