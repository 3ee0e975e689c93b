using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>Disk images that were named on their own.</summary>
internal static class DiskImageOpener
{
    public static FirmwareInput Open(OpeningContext opening, ByteSource file)
    {
        var image = DiskImage.Open(file, opening.Images);
        var labels = new HashSet<string>(StringComparer.Ordinal);
        var volumes = new List<InputVolume>();
        foreach (var volume in image.Volumes)
        {
            var label = volume.Name.Length == 0 ? "Volume" : volume.Name;
            for (var number = 2; !labels.Add(label); number++)
            {
                label = $"{volume.Name} {number}";
            }

            volumes.Add(new InputVolume(label, opening.Path, null, () => volume.Volume));
        }

        return new FirmwareInput(opening.Describe(InputKinds.DiskImage), opening.Owned) { Volumes = volumes };
    }
}
