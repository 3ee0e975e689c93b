using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.Img4;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>
/// Image4 and IMG3 files that were named on their own: kernelcaches, RAM disks, and any other payload as it is.
/// </summary>
internal static class PayloadOpener
{
    private const string RamDiskTag = "rdsk";

    // The kernel, and the one of the restore RAM disk.
    private static readonly string[] KernelTags = ["krnl", "rkrn"];

    public static FirmwareInput Open(OpeningContext opening, ByteSource file)
    {
        var payload = Img4File.Open(file).Payload
            ?? throw new DiffFailedException($"{opening.Path}: this Image4 file holds no payload; give an IM4P, or an IMG4 with one in it");
        if (KernelTags.Contains(payload.Tag, StringComparer.Ordinal))
        {
            return OpenKernelcache(opening, file);
        }

        if (TryOpenRamDisk(payload) is { } disk)
        {
            return DiskImageOpener.Open(opening, opening.Owned.Add(disk).Source);
        }

        return new FirmwareInput(opening.Describe(InputKinds.Payload), opening.Owned)
        {
            Members = [new InputMember(opening.FileName, file.Length, null, null, () => new OwnedByteSource(file)) { IsListed = false }],
        };
    }

    /// <summary>A kernelcache, packed or not.</summary>
    public static FirmwareInput OpenKernelcache(OpeningContext opening, ByteSource file) => new(opening.Describe(InputKinds.Kernelcache), opening.Owned)
    {
        Kernelcaches = [new InputKernelcache(opening.FileName, [], null, file.Length, () => new OwnedByteSource(file))],
    };

    // The disk in an IM4P, as RAM disks are packed; null where its payload is something else. Whoever opens it
    // disposes.
    private static OwnedByteSource? TryOpenRamDisk(Im4p payload)
    {
        if (payload.IsEncrypted || (payload.Compression != Im4pCompression.None && payload.Tag != RamDiskTag))
        {
            return null;
        }

        var disk = payload.UnpackPayload(SystemVolume.RamDiskInMemory);
        if (FileFormats.Detect(disk.Source) is FileFormat.DiskImage or FileFormat.Apfs or FileFormat.HfsPlus)
        {
            return disk;
        }

        disk.Dispose();
        return null;
    }
}
