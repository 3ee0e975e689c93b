using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Inputs;

/// <summary>A member of the firmware archive, or a file of an unpacked one.</summary>
/// <param name="Name">Its name, parts separated by <c>/</c>.</param>
/// <param name="Size">Bytes, unpacked.</param>
/// <param name="Crc32">CRC-32 of the contents where the archive keeps it, else null.</param>
/// <param name="Mode">Permission bits where the archive keeps them, else null.</param>
/// <param name="Open">
/// Opens the contents; whoever opens disposes. Throws <see cref="FirmwareFormatException"/> where the archive is
/// damaged and <see cref="IOException"/> where storage failed.
/// </param>
public sealed record InputMember(string Name, long Size, uint? Crc32, int? Mode, Func<OwnedByteSource> Open)
{
    /// <summary>
    /// Whether the archive lists it under this name. Where files bear another number in every build, the name is the
    /// manifest's key instead; a file that was named on its own lies in no archive.
    /// </summary>
    public bool IsListed { get; init; } = true;

    /// <summary>The boards that use it, where the manifest names it; none where it does not.</summary>
    public IReadOnlyList<string> Boards { get; init; } = [];
}
