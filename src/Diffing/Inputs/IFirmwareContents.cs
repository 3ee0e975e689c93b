using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Inputs;

/// <summary>
/// Opens the contents of a firmware by their places in its <see cref="InputFacts"/>. Safe for concurrent use.
/// </summary>
internal interface IFirmwareContents : IDisposable
{
    /// <summary>Opens a volume, which stays the contents' own.</summary>
    /// <exception cref="FirmwareFormatException">It cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    FileSystemVolume OpenVolume(int number);

    /// <summary>Opens a member; whoever opens disposes.</summary>
    /// <exception cref="FirmwareFormatException">It cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    OwnedByteSource OpenMember(int number);

    /// <summary>Opens a kernelcache's file; whoever opens disposes.</summary>
    /// <exception cref="FirmwareFormatException">It cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    OwnedByteSource OpenKernelcache(int number);
}
