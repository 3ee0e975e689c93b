using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Img4;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>The volume that counts in a disk image of a firmware.</summary>
internal static class SystemVolume
{
    /// <summary>
    /// What a compressed RAM disk may take in memory, in bytes; a larger one goes into a temporary file.
    /// </summary>
    public const long RamDiskInMemory = 64 << 20;

    /// <summary>
    /// An OS image holds one volume that counts; where there are several, the one that says it is the system goes
    /// first.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The image is damaged, or all in it is encrypted.</exception>
    public static FileSystemVolume Open(ByteSource source, DiskImageOptions options)
    {
        var image = DiskImage.Open(source, options);
        var readable = image.Volumes.Where(volume => !volume.IsEncrypted).ToArray();
        return (readable.FirstOrDefault(volume => volume.Role == "system") ?? readable.FirstOrDefault())?.Volume
            ?? throw new FirmwareFormatException("disk image", 0, "every volume of the image is encrypted; there is nothing to read without its key");
    }

    /// <summary>The volume of a RAM disk, as it is or in an Image4 or IMG3 file.</summary>
    /// <exception cref="FirmwareFormatException">It is damaged, or all in it is encrypted.</exception>
    public static FileSystemVolume OpenRamDisk(OpeningContext opening, ByteSource file)
    {
        var options = opening.Options.Images;
        if (FileFormats.Detect(file) is not (FileFormat.Im4p or FileFormat.Img4 or FileFormat.Img3))
        {
            return Open(file, options);
        }

        var payload = Img4File.Open(file).Payload ?? throw new FirmwareFormatException("Image4", 0, "the RAM disk's file holds no payload");
        return Open(opening.Owned.Add(payload.UnpackPayload(RamDiskInMemory)).Source, options);
    }
}
