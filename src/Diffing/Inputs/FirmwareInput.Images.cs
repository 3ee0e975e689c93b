using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.ImagePatches;

namespace IpswDiff.Diffing.Inputs;

/// <content>Disk images, named on their own or found in an archive.</content>
public sealed partial class FirmwareInput
{
    private const string RamDiskTag = "rdsk";

    // What a compressed RAM disk may take in memory; a larger one goes into a temporary file.
    private const long RamDiskInMemory = 64 << 20;

    private static FirmwareInput OpenImage(string path, ByteSource file, InputOptions options)
    {
        var image = DiskImage.Open(file, options.Keys.For(path, options.Images));
        var labels = new HashSet<string>(StringComparer.Ordinal);
        var volumes = new List<InputVolume>();
        foreach (var volume in image.Volumes)
        {
            var label = volume.Name.Length == 0 ? "Volume" : volume.Name;
            for (var number = 2; !labels.Add(label); number++)
            {
                label = $"{volume.Name} {number}";
            }

            volumes.Add(new InputVolume(label, path, null, () => volume.Volume));
        }

        return new FirmwareInput(new FirmwareInfo(path, "dmg", null, null, [])) { Volumes = volumes };
    }

    // A patch is what it makes of its base.
    private static FirmwareInput OpenPatch(string path, ByteSource file, InputOptions options)
    {
        Span<byte> head = stackalloc byte[8];
        if (RidiffPatch.Matches(head[..file.ReadUpTo(0, head)]))
        {
            throw new FirmwareFormatException(RidiffPatch.Format, 0, $"this image patch is not applied yet: {RidiffPatch.Refusal}");
        }

        var patched = PatchBases.Apply(file, Path.GetFileName(path), options);
        try
        {
            var input = Detect(path, patched.Source, options);
            input._owned.Add(patched);
            return input;
        }
        catch
        {
            patched.Dispose();
            throw;
        }
    }

    private static FirmwareInput OpenRamDisk(string path, OwnedByteSource disk, InputOptions options)
    {
        try
        {
            var input = OpenImage(path, disk.Source, options);
            input._owned.Add(disk);
            return input;
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    /// <summary>The disk in an IM4P, as RAM disks are packed; null where its payload is something else. Whoever opens it disposes.</summary>
    private static OwnedByteSource? TryOpenRamDisk(Im4p payload)
    {
        if (payload.IsEncrypted || (payload.Compression != Im4pCompression.None && payload.Tag != RamDiskTag))
        {
            return null;
        }

        var disk = payload.UnpackPayload(RamDiskInMemory);
        if (FileFormats.Detect(disk.Source) is FileFormat.DiskImage or FileFormat.Apfs or FileFormat.HfsPlus)
        {
            return disk;
        }

        disk.Dispose();
        return null;
    }

    // An OS image holds one volume that counts; where there are several, the one that says it is the system goes first.
    private static Formats.FileSystems.FileSystemVolume OpenSystemVolume(ByteSource source, InputOptions options)
    {
        var image = DiskImage.Open(source, options.Images);
        var readable = image.Volumes.Where(volume => !volume.IsEncrypted).ToArray();
        return (readable.FirstOrDefault(volume => volume.Role == "system") ?? readable.FirstOrDefault())?.Volume
            ?? throw new FirmwareFormatException("disk image", 0, "every volume of the image is encrypted; there is nothing to read without its key");
    }
}
