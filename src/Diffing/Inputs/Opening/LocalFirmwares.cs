namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>Firmwares as files and folders of this machine: a reference is a path.</summary>
/// <param name="options">What opening needs beside the path.</param>
internal sealed class LocalFirmwares(InputOptions options) : IFirmwareOpener
{
    /// <inheritdoc/>
    public FirmwareInput Open(string reference) => InputOpener.Open(reference, options);
}
