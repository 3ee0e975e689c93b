using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Inputs;

/// <summary>Opens firmwares by the references that requests name them with.</summary>
public interface IFirmwareOpener
{
    /// <summary>Opens one.</summary>
    /// <exception cref="DiffFailedException">
    /// There is nothing under the reference, or nothing that can be compared.
    /// </exception>
    /// <exception cref="FirmwareFormatException">It is damaged; names it.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    FirmwareInput Open(string reference);
}
