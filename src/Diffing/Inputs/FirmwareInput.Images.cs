using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.ImagePatches;

namespace IpswDiff.Diffing.Inputs;

/// <content>Disk images, named on their own or found in an archive.</content>
public sealed partial class FirmwareInput
{
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

    // An OS image holds one volume that counts; where there are several, the one that says it is the system goes first.
    private static Formats.FileSystems.FileSystemVolume OpenSystemVolume(ByteSource source, InputOptions options)
    {
        var image = DiskImage.Open(source, options.Images);
        var readable = image.Volumes.Where(volume => !volume.IsEncrypted).ToArray();
        return (readable.FirstOrDefault(volume => volume.Role == "system") ?? readable.FirstOrDefault())?.Volume
            ?? throw new FirmwareFormatException("disk image", 0, "every volume of the image is encrypted; there is nothing to read without its key");
    }
}
