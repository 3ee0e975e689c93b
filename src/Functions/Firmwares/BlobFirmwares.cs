using IpswDiff.Cloud;
using IpswDiff.Diffing;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Workflow;

namespace IpswDiff.Functions.Firmwares;

/// <summary>Firmwares in the container that they are dropped into: a reference is a blob's name.</summary>
/// <param name="storage">The storage account.</param>
/// <param name="inputs">What opening needs beside the name.</param>
public sealed class BlobFirmwares(CloudStorage storage, InputOptions inputs) : IFirmwareOpener
{
    /// <inheritdoc/>
    public FirmwareInput Open(string reference)
    {
        // The port is synchronous, as every reader is: an activity has its thread for itself.
        var source = storage.TryOpenFirmwareAsync(reference, CancellationToken.None).GetAwaiter().GetResult()
            ?? throw new DiffFailedException($"{reference}: there is no firmware of this name");
        return FirmwareInput.Open(reference, source, inputs);
    }
}
